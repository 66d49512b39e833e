"""Records as a file for a spreadsheet, line by line; nothing in it is ever run as a formula."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

# What a spreadsheet takes for the beginning of a formula, in every width and height that it folds.
_SIGNS = r"=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
# Where a cell begins for whoever reads the file otherwise than it was meant: a spreadsheet that takes a semicolon for
# what parts cells, as in most of Europe, takes our quotes for letters.
_PARTS = r'"\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029;,'
# What may stand before a sign without being seen.
_UNSEEN = r"\x01-\x08\x0e-\x1b\x1f \x7f\xa0\xad\u1680\u2000-\u200f\u202a-\u202f\u205f-\u206f\u3000\ufeff"
_BEGINS = re.compile(rf"^(?=[\t\r\n])|(?:^|(?<=[{_PARTS}]))(?=[{_UNSEEN}]*[{_SIGNS}])")


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
    return _BEGINS.sub("'", text.replace("\0", "")).replace('"', '""')
