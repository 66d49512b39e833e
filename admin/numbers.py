"""Numbers with a fraction, each language with its own sign before it."""

from __future__ import annotations

from decimal import Decimal

from ..core.contracts.text import Text


def number(value: float | Decimal | str, places: int | None = None) -> Text | str:
    """`places`: so many digits after the sign; else as many as it has, but no more than three."""
    exact = Decimal(str(value))
    written = f"{exact:.{3 if places is None else places}f}"
    whole, _, fraction = written.partition(".")
    if places is None:
        fraction = fraction.rstrip("0")
    return Text("{whole}.{fraction}", whole=whole, fraction=fraction) if fraction else whole
