"""Finds plugins, keeps the broken ones from hurting the rest, and hands out the healthy ones as one snapshot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType
from typing import cast

import pluggy

from . import hookspecs
from .contracts.channel import Channel
from .contracts.errors import PluginError, SettingsInvalid
from .contracts.human_check import HumanCheck
from .contracts.method import Carrier, Factor, Method
from .contracts.notifier import Notifier
from .contracts.plugin import Plugin, PluginSettings, read_settings
from .contracts.store import Store
from .contracts.text import Text
from .contracts.wall import Wall
from .plugin_files import digest_of, is_ours, package_of
from .sources_alone import compile_anew

# The edition of the contracts that this house speaks. A plugin that was written for a newer one may need what we lack.
EDITION = 1

KEY = re.compile(r"[a-z][a-z0-9_-]{0,39}")

# What `kind` is called in settings, the hook that brings it, and the class it must come from.
KINDS: Mapping[str, tuple[str, type[Plugin]]] = MappingProxyType(
    {
        "method": ("keyback_methods", Method),
        "store": ("keyback_stores", Store),
        "channel": ("keyback_channels", Channel),
        "notifier": ("keyback_notifiers", Notifier),
        "human_check": ("keyback_human_checks", HumanCheck),
    }
)

# What a class only declares would be missed late, in somebody's recovery; so it is asked for here.
SAYS: Mapping[str, Mapping[str, type]] = MappingProxyType(
    {
        "method": {"label": Text, "factor": Factor, "rides_on": Carrier, "summary": Text},
        "store": {"label": Text, "strictness": int},
        "channel": {"label": Text, "media": frozenset},
        "notifier": {"label": Text, "wants": frozenset},
        "human_check": {"label": Text, "fields": frozenset},
    }
)

# `sys.exit()` in a plugin is a fault of that plugin; Ctrl-C is a wish of the administrator and passes.
FAULTS: tuple[type[BaseException], ...] = (Exception, SystemExit)
LONGEST_WHY = 300
WRITTEN_FOR_PEOPLE: tuple[type[BaseException], ...] = (PluginError, SettingsInvalid)


@dataclass(frozen=True, slots=True)
class Broken:
    """A plugin that the house does without: its entry point or "kind key", and a reason for the administrator."""

    name: str
    why: Text | str


@dataclass(frozen=True, slots=True)
class Plugins:
    """The plugins that work, in configured order: an immutable snapshot, replaced as a whole."""

    methods: Mapping[str, Method]
    stores: Mapping[str, Store]
    channels: Mapping[str, Channel]
    notifiers: Mapping[str, Notifier]
    # The chosen one first.
    human_checks: Mapping[str, HumanCheck]
    broken: tuple[Broken, ...]
    version: int

    @property
    def human_check(self) -> HumanCheck | None:
        """The one of the start page, or what stands in while that one is broken."""
        return next(iter(self.human_checks.values()), None)

    def channels_for(self, medium: str) -> Mapping[str, Channel]:
        """Every channel that carries this medium, in configured order."""
        return {key: channel for key, channel in self.channels.items() if medium in channel.media}

    def close(self, *, but_not: Plugins | None = None) -> None:
        """Close the plugins that `but_not`, the newer snapshot, did not take over. Takes as long as a plugin takes."""
        kept = {id(plugin) for plugin in but_not.everything().values()} if but_not else set()
        for plugin in self.everything().values():
            if id(plugin) not in kept:
                try:
                    plugin.close()
                except FAULTS:
                    # It is on its way out, and the others still have to let go of their connections.
                    continue

    def everything(self) -> Mapping[tuple[str, str], Plugin]:
        """Every plugin of this snapshot, by kind and key."""
        groups: dict[str, Mapping[str, Plugin]] = {
            "method": self.methods,
            "store": self.stores,
            "channel": self.channels,
            "notifier": self.notifiers,
            "human_check": self.human_checks,
        }
        return {(kind, key): plugin for kind, group in groups.items() for key, plugin in group.items()}


@dataclass(slots=True)
class _Finds:
    """What the search brought up so far."""

    classes: dict[tuple[str, str], type[Plugin]] = field(default_factory=dict)
    files: dict[tuple[str, str], str] = field(default_factory=dict)
    translations: list[Path] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)


class Host:
    """Finds the allowed plugins once, when the process starts; builds snapshots from settings as often as wanted."""

    def __init__(self, allowed: Sequence[str], approved: Mapping[str, str] = MappingProxyType({})) -> None:
        finds = _Finds()
        offered = entry_points(group=hookspecs.GROUP)
        installed = [point for point in offered if point.name in allowed]
        # What is there and not on the list: known by its name alone, never imported.
        self.left_out = tuple(sorted({point.name for point in offered} - set(allowed)))
        _count_on_sources(installed, approved)
        for name in dict.fromkeys(allowed):
            try:
                point = _the_one(name, installed)
                _refuse_others(point, approved.get(name, ""))
                _load(name, point, finds)
            except FAULTS as fault:
                finds.broken.append(Broken(name, _in_words(fault)))
        self.classes: Mapping[tuple[str, str], type[Plugin]] = MappingProxyType(finds.classes)
        # What their files are, as one number each.
        self.files: Mapping[tuple[str, str], str] = MappingProxyType(finds.files)
        self.broken = tuple(finds.broken)
        # The catalogues that plugins bring, in a folder beside their own file.
        self.translations = tuple(finds.translations)

    def build(
        self,
        settings: Mapping[tuple[str, str], Mapping[str, object]],
        *,
        human_checks: Sequence[str],
        version: int,
        replacing: Plugins | None = None,
        walls: Mapping[tuple[str, str], Wall] = MappingProxyType({}),
    ) -> Plugins:
        """A snapshot of the plugins named in `settings` and of these human checks alone.

        Plugins of `replacing` whose settings did not change are taken over with their open connections; call
        `replacing.close(but_not=...)` when nobody uses it any more. Without a human check nobody may start a recovery.
        """
        wanted = {name: values for name, values in settings.items() if name[0] != "human_check"}
        for key in human_checks:
            wanted["human_check", key] = settings.get(("human_check", key), {})
        running = replacing.everything() if replacing else {}
        built: dict[tuple[str, str], Plugin] = {}
        broken = list(self.broken)
        for name, values in wanted.items():
            try:
                built[name] = self._instance(name, values, running.get(name), walls.get(name, Wall()))
            except FAULTS as fault:
                broken.append(Broken(" ".join(name), _in_words(fault, quote=WRITTEN_FOR_PEOPLE)))
        return Plugins(
            methods=cast("Mapping[str, Method]", _of_kind("method", built)),
            stores=cast("Mapping[str, Store]", _of_kind("store", built)),
            channels=cast("Mapping[str, Channel]", _of_kind("channel", built)),
            notifiers=cast("Mapping[str, Notifier]", _of_kind("notifier", built)),
            human_checks=cast("Mapping[str, HumanCheck]", _of_kind("human_check", built)),
            broken=tuple(broken),
            version=version,
        )

    def fault_of(self, name: tuple[str, str], values: Mapping[str, object]) -> Text | str:
        """Why a plugin would be broken with these settings; empty when it would not."""
        try:
            self._instance(name, values, None, Wall()).close()
        except FAULTS as fault:
            return _in_words(fault, quote=WRITTEN_FOR_PEOPLE)
        return ""

    def _instance(
        self, name: tuple[str, str], values: Mapping[str, object], running: Plugin | None, wall: Wall
    ) -> Plugin:
        found = self.classes.get(name)
        if found is None:
            raise PluginError(Text("is enabled, but no loaded plugin offers it"))
        settings = read_settings(found.Settings, values)
        if type(running) is found and getattr(running, "settings", None) == settings and running.wall == wall:
            return running
        built = found(settings)
        built.wall = wall
        return built


def _of_kind(kind: str, built: Mapping[tuple[str, str], Plugin]) -> Mapping[str, Plugin]:
    # Of the right class, because nothing else gets past `_take`.
    return MappingProxyType({key: plugin for (sort, key), plugin in built.items() if sort == kind})


def _in_words(fault: BaseException, quote: tuple[type[BaseException], ...] = FAULTS) -> Text | str:
    """What went wrong. Its text is quoted only where it cannot hold a setting, or was written for people."""
    kind = type(fault).__name__
    if not isinstance(fault, quote):
        return kind
    try:
        text = str(fault)
    except Exception:
        return kind
    if isinstance(fault, PluginError) and len(text) <= LONGEST_WHY:
        return fault.said
    return text[:LONGEST_WHY] if isinstance(fault, WRITTEN_FOR_PEOPLE) else f"{kind}: {text[:LONGEST_WHY]}"


def _the_one(name: str, installed: Sequence[EntryPoint]) -> EntryPoint:
    # Two packages that claim one name: a guess would let a stranger's package take the place of the one that was meant.
    points = {(point.value, point.dist.name if point.dist else ""): point for point in installed if point.name == name}
    if not points:
        raise PluginError(Text("is on the list, but not installed"))
    if len(points) > 1:
        names = ", ".join(sorted(package for _, package in points))
        raise PluginError(Text("is offered by several packages: {names}", names=names))
    return next(iter(points.values()))


def _count_on_sources(installed: Sequence[EntryPoint], approved: Mapping[str, str]) -> None:
    """What is run is what was counted, before the first plugin can import another. Of our own, only where somebody
    counts on it: they lie beside all the rest of Keyback, and starts would be slower."""
    for point in installed:
        if not is_ours(point) or approved.get(point.name):
            compile_anew(package_of(point))


def _refuse_others(point: EntryPoint, approved: str) -> None:
    """Where keyback.toml says which files were approved, others are never run (security.md O7)."""
    if approved and (digest := digest_of(point)) != approved.lower():
        raise PluginError(
            Text("has other files than plugins.approved in keyback.toml names; these are {digest}", digest=digest)
        )


def _load(name: str, point: EntryPoint, finds: _Finds) -> None:
    # A manager for each plugin: none can wrap or stop the hooks of another, and a misspelt hook names its plugin.
    manager = pluggy.PluginManager(hookspecs.GROUP)
    manager.add_hookspecs(hookspecs)
    found = point.load()
    manager.register(found, name)
    manager.check_pending()
    _refuse_unmarked(found, manager)
    offered = [(kind, one) for kind, (hook, _) in KINDS.items() for one in _called(manager, hook)]
    if not offered:
        raise PluginError(Text("offers nothing: a hook function needs @hookimpl above it and must return classes"))
    for kind, one in offered:
        try:
            finds.files[kind, _take(kind, one, finds).key] = digest_of(point)
        except PluginError as fault:
            finds.broken.append(Broken(name, _in_words(fault)))
    finds.translations += [Path(found.__file__).parent / "translations"] if getattr(found, "__file__", None) else []


def _refuse_unmarked(found: object, manager: pluggy.PluginManager) -> None:
    marked = {caller.name for caller in manager.get_hookcallers(found) or ()}
    for hook, _ in KINDS.values():
        if callable(getattr(found, hook, None)) and hook not in marked:
            raise PluginError(Text("{hook} has no @hookimpl above it", hook=hook))


def _called(manager: pluggy.PluginManager, hook: str) -> Iterable[object]:
    for classes in getattr(manager.hook, hook)():
        yield from classes


def _take(kind: str, one: object, finds: _Finds) -> type[Plugin]:
    root = KINDS[kind][1]
    if not (isinstance(one, type) and issubclass(one, root)):
        name = getattr(one, "__name__", type(one).__name__)
        raise PluginError(Text("{name} is not a class made from {root}", name=name, root=root.__name__))
    why = _fault_of(kind, one)
    if why:
        raise PluginError(Text("{name} {why}", name=one.__name__, why=why))
    if (kind, one.key) in finds.classes:
        # Never the later one: a plugin must not be able to take the place of another.
        raise PluginError(Text("{name}: there is a {kind} {key} already", name=one.__name__, kind=kind, key=one.key))
    finds.classes[kind, one.key] = one
    return one


def _fault_of(kind: str, one: type[Plugin]) -> Text | None:
    """Why this class cannot serve; None when it can. What authors wrote is read as `object`: they may have erred."""
    said: dict[str, object] = {what: getattr(one, what, None) for what in ("key", "contract", "Settings", *SAYS[kind])}
    lacking = sorted(getattr(one, "__abstractmethods__", ()))
    edition, settings = said["contract"], said["Settings"]
    wrong = [what for what, sort in SAYS[kind].items() if not isinstance(said[what], sort)]
    if lacking:
        return Text("lacks {names}", names=", ".join(lacking))
    if not isinstance(edition, int) or edition > EDITION:
        newer = Text("was written for edition {edition} of the contracts; this Keyback knows {known}", known=EDITION)
        return newer.filled(edition=str(edition))
    if not isinstance(said["key"], str) or not KEY.fullmatch(said["key"]):
        return Text("needs a key: small letters, digits, - and _")
    if not (isinstance(settings, type) and issubclass(settings, PluginSettings)):
        return Text("has Settings that are not made from PluginSettings")
    return Text("does not say: {names}", names=", ".join(wrong)) if wrong else None
