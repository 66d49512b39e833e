"""Plugins that Python compiles anew at each start: their sources are counted, the byte code beside them is not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType


class _Compiled(SourceFileLoader):
    """Whoever may write in `__pycache__` could put anything there, under the stamp of a source that was approved."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


class _Finder(MetaPathFinder):
    """Finds what the others find, and lets no byte code stand in for it."""

    def __init__(self) -> None:
        self.packages: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None, /
    ) -> ModuleSpec | None:
        if not any(f"{fullname}.".startswith(f"{package}.") for package in self.packages):
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        spec = next(filter(None, (finder.find_spec(fullname, path, target) for finder in others)), None)
        if spec and type(spec.loader) is SourceFileLoader:
            spec.loader = _Compiled(spec.loader.name, spec.loader.path)
        return spec


_FINDER = _Finder()


def compile_anew(package: str) -> None:
    """Of this package or module, and all below it, only sources are imported from now on."""
    _FINDER.packages.add(package)
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
