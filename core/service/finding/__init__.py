"""Whose a name is, and what the pages may show of it: the same for every name."""
