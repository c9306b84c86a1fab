"""Pictures: labs, packets on their way and tables, as SVG of our own, by matplotlib, and in notebooks.

A thing is read into a plain model, a layout gives everything a place, a scene holds boxes, texts and wires there, and
`svg` or `mpl` writes it.  It may import `macvsim.lab` and the rooms below; networkx and matplotlib are imported nowhere
else, and SVG needs neither.  Read `lab.py` first, then `topology.py`, `layers.py` and `svg.py`.
"""
