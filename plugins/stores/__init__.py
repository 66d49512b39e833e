"""Directories in which a password can be set."""
