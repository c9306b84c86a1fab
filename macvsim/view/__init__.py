"""Pictures: labs, packets on their way and tables, as SVG of our own, by matplotlib, and in notebooks.

A thing is read into a plain model, a layout gives everything a place, a scene holds boxes, texts and wires there, and
`svg` or `mpl` writes it.  The way to SVG needs nothing but this package.
"""
