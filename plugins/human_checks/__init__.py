"""Tests which robots fail."""
