"""The house's rules out into a file, compared with one, and in from one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...contracts.errors import KeybackError
from ...contracts.method import Method
from ...contracts.plugin import PluginSettings
from ...recovery.differences import between, between_public, between_values
from ...recovery.policy import PublicRules
from ...recovery.policy_order import arranged
from ...recovery.question_sets import between as between_sets
from ...recovery.reach import Kind, Rules, reach
from ..administrators.actor import Actor
from ..reporting.ticket_costs import TicketCosts
from ..snapshot import kind_of, lacking
from . import part_values
from .brand_desk import BrandDesk
from .control_room import ControlRoom
from .kept_rules import Change, Refused
from .part_values import defaults_of, differences, plain
from .parts import Part, Parts, State, Switch
from .question_sets import QuestionDesk
from .written_rules import Expected, Unreadable, Written, WrittenPart


class Unmet(KeybackError):
    """What the file expects of its own rules is not so; nothing was changed."""

    def __init__(self, unmet: tuple[str, ...]) -> None:
        super().__init__("; ".join(unmet))
        self.unmet = unmet


@dataclass(frozen=True, slots=True)
class Order:
    """Who has a file applied and why. `organisation`: its name, typed where the file turns on what standards advise
    against."""

    actor: Actor
    why: str
    organisation: str = ""

    def after(self, version: int) -> Change:
        """The same of one section, made from this version."""
        return Change(self.actor, self.why, version, self.organisation)


@dataclass(frozen=True)
class RulesFile:
    """Every save goes through the same desks as the console's (security.md J20)."""

    rules: ControlRoom
    parts: Parts
    questions: QuestionDesk
    brand: BrandDesk
    costs: TicketCosts

    def export(self) -> Written:
        """All of it, without secrets."""
        plugins = {_name(part): _written(part) for part in self.parts.all() if part.state is not State.NOT_SET_UP}
        return Written(
            self.rules.public.now().rules,
            self.rules.policies.now().rules,
            plugins,
            question_sets=self.questions.now().rules or None,
            brand=self.brand.now().rules,
            ticket_cost=self.costs.now().rules,
        )

    def changes(self, written: Written) -> tuple[str, ...]:
        """What applying it would change, one line each. Raises Unreadable for a plugin that is not here."""
        return tuple(self._changes(written))

    def unmet(self, written: Written) -> tuple[str, ...]:
        """What the file expects, and its rules would not do; asked of the flow itself."""
        snapshot = self.rules.policies.snapshot()
        said = {name.removeprefix("method/"): one.on for name, one in written.plugins.items()}
        kinds = {
            key: kind for key, kind in self._kinds(snapshot.rules).items() if said.get(key, key in snapshot.rules.kinds)
        }
        rules = Rules(written.policies or snapshot.rules.policies, written.public or snapshot.public, kinds)
        return tuple(filter(None, (_unmet(rules, expected) for expected in written.expected)))

    def _kinds(self, rules: Rules) -> dict[str, Kind]:
        """Of every method that is loaded: the file may switch on what is off."""
        offered = {part.key: part.offered for part in self.parts.all() if part.kind == "method"}
        loaded = {key: kind_of(method) for key, method in offered.items() if issubclass(method, Method)}
        return {**loaded, **rules.kinds}

    def apply(self, order: Order, written: Written) -> tuple[str, ...]:
        """Make it so; the lines that changed. Raises Unmet, or what the desk of any section raises: then nothing was
        changed, and this process, which has tried what does not hold, must end."""
        with self.parts.records.db.as_one():
            if unmet := self.unmet(written):
                raise Unmet(unmet)
            lines = self.changes(written)
            self._apply(order, written)
        return lines

    def _apply(self, order: Order, written: Written) -> None:
        parts = {_name(part): part for part in self.parts.all()}
        # What comes on may be what the rules need, and what goes off what they needed.
        self._apply_parts(order, {name: one for name, one in written.plugins.items() if one.on}, parts)
        self._apply_rules(order, written)
        self._save_questions(order, written)
        self._save_brand(order, written)
        self._save_cost(order, written)
        self._apply_parts(order, {name: one for name, one in written.plugins.items() if not one.on}, parts)

    def _changes(self, written: Written) -> Iterator[str]:
        if written.public:
            yield from map(str, between_public(self.rules.public.now().rules, written.public))
        if written.policies:
            yield from map(str, between(self.rules.policies.now().rules, arranged(written.policies)))
        if written.question_sets:
            yield from map(str, between_sets(self.questions.now().rules, written.question_sets))
        if written.brand:
            changed = between_values(self.brand.now().rules, written.brand)
            if pinned := sorted({one.field for one in changed} & self.brand.file.pinned):
                raise Unreadable(tuple(f"brand.{name}: keyback.toml decides this" for name in pinned))
            yield from map(str, changed)
        if written.ticket_cost:
            changed = between_values(self.costs.now().rules, written.ticket_cost)
            yield from (f"ticket_cost.{one}" for one in changed)
        parts = {_name(part): part for part in self.parts.all()}
        if missing := written.plugins.keys() - parts.keys():
            raise Unreadable(tuple(f"plugins.{name}: not loaded here" for name in sorted(missing)))
        for name, one in written.plugins.items():
            yield from (f"{name}.{line}" for line in _part_changes(parts[name], one))

    def _apply_rules(self, order: Order, written: Written) -> None:
        """Either may be what the other needs first."""
        try:
            self._save_public(order, written.public)
        except Refused:
            if not written.policies:
                raise
            self._save_policies(order, written)
            self._save_public(order, written.public)
        else:
            self._save_policies(order, written)

    def _save_public(self, order: Order, rules: PublicRules | None) -> None:
        now = self.rules.public.now()
        if rules and between_public(now.rules, rules):
            self.rules.public.save(rules, order.after(now.version))

    def _save_policies(self, order: Order, written: Written) -> None:
        now = self.rules.policies.now()
        if written.policies and between(now.rules, arranged(written.policies)):
            self.rules.policies.save(written.policies, order.after(now.version))

    def _save_questions(self, order: Order, written: Written) -> None:
        now = self.questions.now()
        if written.question_sets and between_sets(now.rules, written.question_sets):
            self.questions.save(written.question_sets, order.after(now.version))

    def _save_brand(self, order: Order, written: Written) -> None:
        now = self.brand.now()
        if written.brand and between_values(now.rules, written.brand):
            self.brand.save(written.brand, order.after(now.version))

    def _save_cost(self, order: Order, written: Written) -> None:
        now = self.costs.now()
        if written.ticket_cost and between_values(now.rules, written.ticket_cost):
            self.costs.save(written.ticket_cost, order.after(now.version))

    def _apply_parts(self, order: Order, written: Mapping[str, WrittenPart], parts: Mapping[str, Part]) -> None:
        for name, one in written.items():
            part = self.parts.one(*parts[name].name)
            if part and one.on and part.accepted_in and not _is_on(part):
                self.parts.accept(order.actor, part, order.organisation, order.why)
                part = self.parts.one(*part.name)
            if part and _settings_changes(part, one):
                self.parts.save(order.actor, part, _change(part, one), on_server=True)
                part = self.parts.one(*part.name)
            if part and one.on != _is_on(part):
                self.parts.switch(order.actor, part, Switch(one.on, order.why))


def _name(part: Part) -> str:
    return "/".join(part.name)


def _is_on(part: Part) -> bool:
    return part.state in {State.ON, State.BROKEN}


def _written(part: Part) -> WrittenPart:
    """What is not as it came, and for nobody else to decide."""
    defaults = defaults_of(part.settings)
    values = {name: plain(value) for name, value in part.values.items() if name not in part.fixed}
    return WrittenPart(_is_on(part), {k: v for k, v in values.items() if k not in defaults or v != defaults[k]})


def _change(part: Part, written: WrittenPart) -> part_values.Change:
    """As written; what the file says nothing of is as it came again, but for secrets, which it cannot say."""
    gone = _written(part).settings.keys() - written.settings.keys()
    return part_values.Change(written.settings, frozenset(gone))


def _settings_changes(part: Part, written: WrittenPart) -> dict[str, str]:
    defaults = defaults_of(part.settings)
    return differences(part.settings, {**defaults, **_written(part).settings}, {**defaults, **written.settings})


def _part_changes(part: Part, written: WrittenPart) -> Iterator[str]:
    strange = written.settings.keys() - part.settings.model_fields.keys()
    if refused := strange | (written.settings.keys() & (part.fixed.keys() | part.hidden | _secrets(part.settings))):
        raise Unreadable(tuple(f"plugins.{_name(part)}.{name}: not for this file to say" for name in sorted(refused)))
    if written.on != _is_on(part):
        if why := _not_offered(part, written):
            raise Unreadable((f"plugins.{_name(part)}: {why}",))
        yield "on" if written.on else "off"
    yield from (f"{name}: {said}" for name, said in _settings_changes(part, written).items())


def _not_offered(part: Part, written: WrittenPart) -> str:
    """Why no desk would switch it like that; empty where one would."""
    if part.chosen_in_file:
        return "plugins.human_checks in keyback.toml says which robot checks are on"
    missing = set(lacking(part.offered, {**part.values, **dict.fromkeys(part.kept | part.hidden), **written.settings}))
    if written.on and missing - {part.accepted_in}:
        names = ", ".join(sorted(missing - {part.accepted_in}))
        return f"can't be on before these are set, secrets on the console or in keyback.toml: {names}"
    return ""


def _secrets(settings: type[PluginSettings]) -> set[str]:
    return {name for name in settings.model_fields if part_values.is_secret(settings, name)}


def _unmet(rules: Rules, expected: Expected) -> str:
    found = reach(rules, expected.having, expected.purpose)
    if found.yes is expected.allow:
        return ""
    ways = " or ".join(" and ".join(way) for way in found.ways)
    return f"{expected.about}: " + (f"gets in by {ways}" if found.yes else f"gets in by nothing ({found.policy.name})")
