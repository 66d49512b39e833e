"""Kinds of proof."""
