"""Keyback: self-service password reset that people and administrators can trust."""

__version__ = "0.1.0"
