"""Settings that keep people out: whoever works in the console alone lets nobody in by them."""

from __future__ import annotations

from collections.abc import Mapping

from ...contracts.plugin import Fault, PluginSettings, growing_settings

LESS = "keeps fewer out"


def lessened(
    kind: type[PluginSettings], before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[Fault, ...]:
    """Those that would keep fewer people out than before."""
    names = sorted(growing_settings(kind))
    return tuple(Fault(name, LESS, "") for name in names if _is_less(before.get(name), after.get(name)))


def _is_less(before: object, after: object) -> bool:
    if isinstance(before, (list, tuple)):
        return not set(before) <= set(after if isinstance(after, (list, tuple)) else ())
    return bool(before) and not after
