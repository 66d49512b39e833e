"""A plugin's settings as a form, and back: whoever writes a plugin gets its screen without writing one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from enum import Enum
from typing import Any

from pydantic.fields import FieldInfo
from wtforms import BooleanField, DecimalField, Field, IntegerField, PasswordField, SelectField, StringField
from wtforms import TextAreaField as Lines
from wtforms.fields import SelectChoice

from ..core.contracts.plugin import PluginSettings
from ..core.contracts.text import Language, Text
from ..core.service.ruling.part_values import Change, is_secret
from ..core.service.ruling.parts import Part
from .forms import ConsoleForm

# Before each name, so that no setting can be taken for a field of the page's own.
SET, FORGET = "set_", "forget_"

UNITS: Mapping[int, Text] = {
    86400: Text("days"),
    3600: Text("hours"),
    60: Text("minutes"),
    1: Text("seconds"),
}


class AuthorsWords(Text):
    """What stands beside a setting: in the page's language where a catalogue has it, the plugin's own too. Nothing is
    ever filled into it, because its braces are the author's."""

    __slots__ = ()

    def render(self, language: Language) -> str:
        return language.gettext(self.message) if self.message else ""


class SettingsForm(ConsoleForm):
    """The fields of one plugin; `units` stand behind those that take a time."""

    units: Mapping[str, Text]


def form_for(part: Part) -> type[SettingsForm]:
    """The form of this plugin. What may not be changed here is shown, and never read."""
    fields: dict[str, Any] = {"units": {}}
    for name, info in part.settings.model_fields.items():
        if name in part.hidden:
            continue
        fields[SET + name] = _fixed(name, info) if name in part.fixed else _field(part, name, info)
        if _is(info, timedelta):
            fields["units"][SET + name] = UNITS[_unit(part, name)]
        if name in part.kept and name not in part.fixed and not info.is_required():
            fields[FORGET + name] = BooleanField(Text("Take it away: {title}", title=_title(name, info)))
    return type("PluginForm", (SettingsForm,), fields)


def filled(form: SettingsForm, part: Part) -> SettingsForm:
    """What may not be changed here shows what holds, whatever a browser sent."""
    for name in part.fixed:
        if SET + name in form:
            form[SET + name].data = _shown(part, name)
    return form


def shown(part: Part) -> dict[str, object]:
    """What the form begins with: what holds now. Secrets are never among it."""
    return {SET + name: _shown(part, name) for name in part.settings.model_fields if name not in part.hidden}


def change_of(form: SettingsForm, part: Part) -> Change:
    """What was typed, for the service to judge."""
    typed: dict[str, object] = {}
    for name, info in part.settings.model_fields.items():
        if name in part.hidden or name in part.fixed:
            continue
        value = form[SET + name].data
        if is_secret(part.settings, name):
            if value:
                typed[name] = value
        elif value not in (None, "") or not info.is_required():
            typed[name] = _typed(part, name, info, value)
    forget = {name for name in part.kept if FORGET + name in form and form[FORGET + name].data}
    # Whoever types a new one means the new one.
    return Change(typed, frozenset(forget - typed.keys()))


def _typed(part: Part, name: str, info: FieldInfo, value: Any) -> object:  # noqa: ANN401 - whatever the field gives
    if _is(info, tuple):
        return tuple(line.strip() for line in value.splitlines() if line.strip())
    if _is(info, timedelta):
        return float(value * _unit(part, name)) if value is not None else None
    return value.strip() if isinstance(value, str) else value


def _shown(part: Part, name: str) -> object:
    if is_secret(part.settings, name):
        return None
    info = part.settings.model_fields[name]
    value = _value(part, name)
    if value is None:
        return None
    if _is(info, tuple):
        return "\n".join(map(str, value))
    if _is(info, timedelta):
        amount = Decimal(str(_seconds(value))) / _unit(part, name)
        return int(amount) if amount == int(amount) else amount
    return value.value if isinstance(value, Enum) else value


def _value(part: Part, name: str) -> Any:  # noqa: ANN401 - as the settings have it
    info = part.settings.model_fields[name]
    return part.values.get(name, None if info.is_required() else info.get_default())


def _seconds(value: timedelta | float | str) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def _unit(part: Part, name: str) -> int:
    """The largest in which what holds, and what would hold by itself, are whole; else seconds."""
    info = part.settings.model_fields[name]
    known = [value for value in (_value(part, name), None if info.is_required() else info.get_default()) if value]
    return next((unit for unit in UNITS if known and all(_seconds(value) % unit == 0 for value in known)), 1)


def _fixed(name: str, info: FieldInfo) -> Field:
    kind = BooleanField if info.annotation is bool else Lines if _is(info, tuple) else StringField
    return kind(_title(name, info), description=_hint(info))


def _title(name: str, info: FieldInfo) -> Text:
    return AuthorsWords(info.title or name)


def _hint(info: FieldInfo) -> Text | str:
    return AuthorsWords(info.description) if info.description else ""


def _field(part: Part, name: str, info: FieldInfo) -> Field:
    label, hint = _title(name, info), _hint(info)
    kind = _kind(part.settings, name, info)
    if kind is SelectField:
        members: Any = info.annotation
        choices = [SelectChoice(str(one.value), str(one.value)) for one in members]
        return SelectField(label, description=hint, choices=choices)
    if kind is DecimalField:
        return DecimalField(label, description=hint, places=None)
    return kind(label, description=hint)


def _kind(settings: type[PluginSettings], name: str, info: FieldInfo) -> Callable[..., Field]:
    chosen = isinstance(info.annotation, type) and issubclass(info.annotation, Enum)
    kinds: Sequence[tuple[bool, Callable[..., Field]]] = (
        (is_secret(settings, name), PasswordField),
        (chosen, SelectField),
        (info.annotation is bool, BooleanField),
        (info.annotation is int, IntegerField),
        (_is(info, timedelta), DecimalField),
        (_is(info, tuple), Lines),
    )
    return next((kind for fits, kind in kinds if fits), StringField)


def _is(info: FieldInfo, sort: type) -> bool:
    return info.annotation is sort or getattr(info.annotation, "__origin__", None) is sort
