"""Why a ping of a lab fails, and what would mend it: candidates are tried on lab after lab, played anew."""
