"""What a plugin's files are, as one number: known before any of its code is run."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

# What Python runs.
CODE = frozenset({".py", ".so", ".pyd", ".pyc"})
OURS = Path(__file__).parent.parent


def digest_of(point: EntryPoint) -> str:
    """SHA-256 over the code of its package, wherever the parts of that lie. Empty where no file is found."""
    package = package_of(point)
    if is_ours(point):
        return _digest((OURS.joinpath(*package.split(".")[1:]),))
    spec = find_spec(package)
    places = (spec.submodule_search_locations or [spec.origin or ""]) if spec else []
    found = tuple(Path(place) for place in places if place)
    return _digest(found) if found else ""


def package_of(point: EntryPoint) -> str:
    """What is counted for it: all of a stranger's package; of ours, the folder of its kind."""
    return point.module.rpartition(".")[0] if is_ours(point) else point.module.partition(".")[0]


def is_ours(point: EntryPoint) -> bool:
    """Whether it comes with Keyback."""
    return point.module.partition(".")[0] == __name__.partition(".")[0]


@lru_cache
def _digest(places: tuple[Path, ...]) -> str:
    files = [(place, path) for place in places for path in sorted(_code_in(place))]
    whole = sha256()
    for place, path in files:
        name = path.relative_to(place.parent).as_posix()
        whole.update(f"{len(name)}:{name}:{sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest() if files else ""


def _code_in(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    found = (path for path in place.rglob("*") if path.suffix in CODE and not _is_cached(path))
    yield from filter(Path.is_file, found)


def _is_cached(path: Path) -> bool:
    """Whether Python keeps it there by itself, under a name that no import can ask for (beside.cpython-311.pyc)."""
    return path.parent.name == "__pycache__" and path.suffix == ".pyc" and "." in path.stem
