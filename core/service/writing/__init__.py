"""A password or a lock on its way into directories, and the truth about what became of it."""
