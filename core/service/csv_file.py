"""Records as a file for a spreadsheet, line by line; nothing in it is ever run as a formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

# What a spreadsheet takes for the beginning of a formula, in every width that it folds.
_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def lines(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The head and every row, each a whole line. The mark at the beginning tells spreadsheets that it is UTF-8."""
    yield "\ufeff" + line(heads)
    for row in rows:
        yield line(row)


def line(cells: Sequence[object]) -> str:
    """One row as RFC 4180 has it, every cell in quotes."""
    return ",".join(f'"{harmless(str(cell))}"' for cell in cells) + "\r\n"


def harmless(text: str) -> str:
    """As it stands, with an apostrophe before what would be a formula. NUL is left out: it hides what follows it."""
    plain = text.replace("\0", "").replace('"', '""')
    return f"'{plain}" if plain.lstrip(" ").startswith(_BEGINS) else plain
