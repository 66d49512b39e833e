"""What holds for every plugin of every kind."""

from __future__ import annotations

import enum
from collections.abc import Callable
from datetime import timedelta

from pydantic import SecretStr

from ..contracts.errors import SettingsInvalid
from ..contracts.method import FIELD_NAME, Challenge
from ..contracts.plugin import Plugin, read_settings
from ..contracts.text import Text

# What robots, and sometimes people, put where a code or a name should stand.
ODD = ("", " ", "\x00", "a\x00b", "\ud800", "\u202e", "٠١٢٣٤٥٦٧", "<script>", "x" * 1_000_000)

SETTING_KINDS = (str, int, bool, timedelta, tuple[str, ...], SecretStr)
SECRET_NAMES = {"password", "secret", "token", "pepper", "key"}


def must(holds: object, why: str) -> None:
    """An assertion that also holds under `python -O`, with its reason."""
    if not holds:
        raise AssertionError(why)


def refuses(call: Callable[[], object], *errors: type[Exception], why: str) -> Exception:
    """The error that the call raised; anything else is a fault of the plugin."""
    try:
        call()
    except errors as error:
        return error
    raise AssertionError(why)


def is_a(value: object, kind: type) -> bool:
    """Whether it is what its annotation promises: authors may have erred."""
    return isinstance(value, kind)


def is_words(value: object) -> bool:
    """Whether this is a sentence for people."""
    return isinstance(value, Text) and bool(str(value).strip())


def takes_names_of(challenge: Challenge) -> None:
    """A form with a field of another name is refused as a whole, so nobody could answer."""
    for field in challenge.prompt.fields:
        named = FIELD_NAME.fullmatch(field.name) or challenge.prompt.widget == "codes"
        must(named, f'no page takes a field "{field.name}": call it "code", or "answer-1" and so on')


class PluginSuite:
    """What holds for every plugin of every kind."""

    plugin: Plugin

    def test_it_has_a_name_for_the_database_and_one_for_people(self) -> None:
        key = self.plugin.key
        must(is_a(key, str) and key.replace("_", "").replace("-", "").isalnum(), f"odd key: {key!r}")
        must(key == key.lower() and key.isascii() and len(key) <= 40, f"odd key: {key!r}")
        must(is_words(self.plugin.label), "the label must be a Text")

    def test_every_setting_has_a_title_and_a_description(self) -> None:
        for name, field in self.plugin.Settings.model_fields.items():
            must(field.title and field.description, f"{name} needs a title and a description")

    def test_every_setting_is_of_a_kind_that_a_form_can_show(self) -> None:
        for name, field in self.plugin.Settings.model_fields.items():
            kind = field.annotation
            choice = isinstance(kind, type) and issubclass(kind, enum.Enum)
            must(choice or kind in SETTING_KINDS, f"{name}: no form can show {kind}")

    def test_settings_that_nobody_knows_are_refused(self) -> None:
        odd = {**self.plugin.settings.model_dump(), "surely_not_a_setting": "hunter2"}
        error = refuses(lambda: read_settings(self.plugin.Settings, odd), SettingsInvalid, why="took unknown settings")
        must("hunter2" not in str(error), "an error quotes a setting")

    def test_settings_never_change_and_can_be_stored(self) -> None:
        must(self.plugin.Settings.model_config.get("frozen"), "settings must be frozen")
        stored = self.plugin.settings.model_dump()
        must(read_settings(self.plugin.Settings, stored) == self.plugin.settings, "settings do not come back as stored")

    def test_secrets_in_settings_are_never_printed(self) -> None:
        shown = f"{self.plugin!r} {self.plugin.settings!r} {self.plugin.settings}"
        for name, field in self.plugin.Settings.model_fields.items():
            value = getattr(self.plugin.settings, name)
            if isinstance(value, SecretStr):
                plain = value.get_secret_value()
                must(not plain or plain not in shown, f"{name} is shown")
            else:
                named_so = name.split("_")[-1] in SECRET_NAMES and field.annotation is str
                must(not named_so, f"{name} sounds secret: make it a SecretStr")

    def test_closing_twice_does_no_harm(self) -> None:
        another = type(self.plugin)(self.plugin.settings)
        another.close()
        another.close()
