"""Records as a file for a spreadsheet, line by line; nothing in it is ever run as a formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

# What a spreadsheet takes for the beginning of a formula, in every width and height that it folds.
_SIGNS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212")
# Where a cell begins for whoever reads the file otherwise than it was meant: a spreadsheet that takes a semicolon for
# what parts cells, as in most of Europe, takes our quotes for letters.
_PARTS = frozenset('"\t\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029;,')


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
    plain, done, whole = text.replace("\0", ""), 0, []
    for place in _formulas(plain):
        whole += [plain[done:place], "'"]
        done = place
    return "".join([*whole, plain[done:]]).replace('"', '""')


def _formulas(text: str) -> Iterator[int]:
    """Where a cell begins that would be one, however much stands before its sign that nobody sees."""
    if text[:1] in {"\t", "\r", "\n"}:
        yield 0
    if _SIGNS.isdisjoint(text):
        return
    begins: int | None = 0
    for place, sign in enumerate(text):
        if sign in _PARTS:
            begins = place + 1
        elif begins is not None and sign in _SIGNS:
            yield begins
            begins = None
        elif sign.isprintable() and sign != " ":
            begins = None
