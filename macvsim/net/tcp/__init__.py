"""TCP (RFC 9293) as Linux does it.

`layer.TcpLayer` is the TCP of a namespace, `socket.TcpSocket` what programs have.  A segment's way in: `layer` finds
the connection, `input` checks it, `acknowledge` and `receive` take in what it says; its way out: `send` cuts and
decides, `out` builds.  Losses are `scoreboard`'s and `recovery`'s, the window `window`'s, the moment of
acknowledgements `acks`'.
"""

from __future__ import annotations
