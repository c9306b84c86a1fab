"""What would mend a lab in which a ping fails: candidates from the state of its machines, tried one after another."""
