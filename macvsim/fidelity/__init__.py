"""How far macvsim has been compared with Linux: a table of rules, each with what checks it and whether it agrees."""
