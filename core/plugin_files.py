"""What a plugin's files are, as one number: known before any of its code is run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

# What Python runs. Of what it makes of these by itself, in a folder of that name, nothing counts.
CODE, CACHE = frozenset({".py", ".so", ".pyd", ".pyc"}), "__pycache__"
OURS = Path(__file__).parent.parent


def digest_of(point: EntryPoint) -> str:
    """SHA-256 over the code of the package that it names: all of a stranger's, wherever its parts lie; of ours, the
    folder of its kind. Empty where nothing is found, which then cannot be loaded either."""
    top, *below = point.module.split(".")
    if top == __name__.partition(".")[0]:
        return _digest((OURS.joinpath(*below).parent,))
    spec = find_spec(top)
    places = (spec.submodule_search_locations or [spec.origin or ""]) if spec else []
    found = tuple(Path(place) for place in places if place)
    return _digest(found) if found else ""


@lru_cache
def _digest(places: tuple[Path, ...]) -> str:
    whole = sha256()
    for place in places:
        for path in sorted(_code_in(place)):
            name = path.relative_to(place.parent).as_posix()
            whole.update(f"{len(name)}:{name}:{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()


def _code_in(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    found = (path for path in place.rglob("*") if path.suffix in CODE and path.parent.name != CACHE)
    yield from filter(Path.is_file, found)
