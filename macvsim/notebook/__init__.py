"""macvsim in Jupyter: ``%load_ext macvsim`` gives cells that are typed at a lab's machines, and cells that are labs."""
