"""Listeners to what happens."""
