"""Passwords as they go to an OpenLDAP."""

from __future__ import annotations

from ...core import PasswordRefused, Secret, Text
from ._spelling import has_unspeakable


def bytes_of(password: Secret) -> bytes:
    """The exact bytes; what could be set and then never be used is refused before anything is sent."""
    typed = password.reveal()
    if not typed or has_unspeakable(typed):
        raise PasswordRefused([Text("This password holds a sign that cannot be typed everywhere. Choose another.")])
    if typed.startswith("{"):
        # {SSHA}… would be taken for a hash that is ready to be stored, and rules would not be asked.
        raise PasswordRefused([Text("A password for this directory cannot begin with a curly bracket.")])
    return typed.encode()
