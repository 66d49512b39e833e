"""Settings of any plugin become a form, and what a browser sends back becomes the same settings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from gettext import NullTranslations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, SecretStr, create_model
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField

from keyback.admin.settings_form import FORGET, SET, change_of, filled, form_for, shown
from keyback.admin.settings_words import say
from keyback.core import Channel, PluginSettings, Text
from keyback.core.contracts.plugin import Plugin, examine_settings
from keyback.core.host import Host
from keyback.core.service.ruling.part_values import Fixed, is_secret, plain, stored_form
from keyback.core.service.ruling.parts import Part, State

OURS = (
    "sms voice email saved_codes authenticator questions webauthn phone_approval embedded openldap entra "
    "active_directory smtp http_gateway sns smpp sip twilio web_push outbox account_notice syslog proof_of_work "
    "picture_and_sound"
).split()
HOST = Host(OURS)
# What must be set, by plugin.
GIVEN: Mapping[str, dict[str, object]] = {
    "saved_codes": {"pepper": "p" * 32},
    "questions": {"pepper": "p" * 32, "accepted_by": "Alderwick"},
    "openldap": {"servers": ["ldaps://one.example", "ldap://two.example"], "ca_file": __file__, "bind_dn": "cn=kb",
                 "bind_password": "secret", "base": "ou=people"},
    "entra": {"tenant": "alderwick.example", "client_id": "0" * 36, "client_secret": "secret"},
    "active_directory": {"servers": ["ldaps://dc1.example"], "ca_file": __file__, "bind_dn": "cn=kb",
                         "bind_password": "secret", "base": "dc=example"},
    "smtp": {"host": "mail.example", "sender": "kb@example.org", "password": "secret"},
    "http_gateway": {"url": "https://sms.example/{to}?t={text}", "body": "{}", "headers": "Authorization: Bearer x"},
    "sns": {"aws_region": "eu-central-1", "access_key": "AK", "secret_key": "secret"},
    "smpp": {"host": "smsc.example", "system_id": "kb", "password": "secret", "sender": "Acme"},
    "sip": {"server": "pbx.example", "user": "100", "password": "secret"},
    "twilio": {"account": "AC" + "0" * 32, "auth_token": "secret", "number": "+441632960123"},
    "web_push": {"key": "00" * 32},
    "outbox": {"path": "outbox.json"},
    "syslog": {"host": "siem.example"},
    "proof_of_work": {"key": "k" * 64},
    "picture_and_sound": {"key": "k" * 64},
}  # fmt: skip


def part_of(offered: type[Plugin], settings: PluginSettings, fixed: Mapping[str, Fixed] | None = None) -> Part:
    """As the service hands it out: secrets only by name."""
    kind = offered.Settings
    secret = {name for name in kind.model_fields if is_secret(kind, name)}
    whole = stored_form(settings)
    values = {name: value for name, value in whole.items() if name not in secret}
    kept = frozenset(name for name in secret if whole[name])
    return Part("channel", "one", offered, values, kept, fixed or {}, frozenset(), State.ON)


def test_what_an_author_wrote_is_translated_by_their_own_catalogue_and_never_filled() -> None:
    braces = create_model(
        "Settings", __base__=PluginSettings, to=(str, Field(title="Goes to {to}", description="{0!r"))
    )
    offered = type("Own", (Channel,), {"Settings": braces})
    field = form_for(part_of(offered, braces(to="x")))(data={})[f"{SET}to"]
    assert [str(field.label.text), str(field.description)] == ["Goes to {to}", "{0!r"]
    own = NullTranslations()
    own.gettext = {"Goes to {to}": "Geht an {to}"}.get  # type: ignore[method-assign,assignment]
    assert field.label.text.render(own) == "Geht an {to}"


def sent(part: Part) -> MultiDict[str, str]:
    """What a browser sends that shows the page and changes nothing."""
    form = filled(form_for(part)(data=shown(part)), part)
    boxes = [field.name for field in form if isinstance(field, BooleanField) and field.data]
    others = [(field.name, str(field._value())) for field in form if not isinstance(field, BooleanField)
              and hasattr(field, "_value")]  # fmt: skip
    chosen = [(field.name, str(field.data)) for field in form if hasattr(field, "choices")]
    return MultiDict([*((name, "y") for name in boxes), *others, *chosen])


def back(part: Part, browser: MultiDict[str, str], whole: Mapping[str, object]) -> Mapping[str, object]:
    """The settings that the service would keep."""
    form = filled(form_for(part)(browser, data=shown(part)), part)
    assert form.validate(), form.errors
    change = change_of(form, part)
    stays = {name: value for name, value in whole.items() if name not in change.values and name not in change.forget}
    settings, faults = examine_settings(part.settings, {**stays, **change.values})
    assert settings is not None, faults
    return stored_form(settings)


@pytest.mark.parametrize("name", sorted(HOST.classes), ids=lambda name: f"{name[0]}-{name[1]}")
def test_every_plugin_of_ours_comes_back_unchanged(name: tuple[str, str]) -> None:
    offered = HOST.classes[name]
    settings, faults = examine_settings(offered.Settings, GIVEN.get(name[1], {}))
    assert settings is not None, faults
    whole = stored_form(settings)
    part = part_of(offered, settings)
    assert back(part, sent(part), whole) == whole


class Size(StrEnum):
    SMALL, LARGE = "small", "large"


line = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=20)
KINDS: Mapping[type, st.SearchStrategy[Any]] = {
    str: line,
    int: st.integers(-(10**9), 10**9),
    bool: st.booleans(),
    timedelta: st.integers(0, 10**6).map(lambda n: timedelta(seconds=n)) | st.just(timedelta(milliseconds=100)),
    Size: st.sampled_from(Size),
    tuple[str, ...]: st.lists(line.filter(bool), max_size=5).map(tuple),
    SecretStr: line.map(SecretStr),
}
setting = st.sampled_from(sorted(KINDS, key=str)).flatmap(
    lambda kind: st.tuples(st.just(kind), KINDS[kind], KINDS[kind])
)


@given(st.lists(setting, min_size=1, max_size=6))
def test_a_third_partys_settings_come_back_unchanged(fields: list[tuple[Any, Any, Any]]) -> None:
    made = {f"f{n}": (kind, Field(usual, title="T", description="D")) for n, (kind, usual, _) in enumerate(fields)}
    model = create_model("Theirs", __base__=PluginSettings, **made)  # type: ignore[call-overload]
    whole = {f"f{n}": plain(value) for n, (_, _, value) in enumerate(fields)}
    settings, faults = examine_settings(model, whole)
    assert settings is not None, faults
    part = part_of(type("Theirs", (Channel,), {"Settings": model, "label": Text("Theirs")}), settings)
    assert back(part, sent(part), stored_form(settings)) == stored_form(settings)


def smtp(**fixed: Fixed) -> tuple[Part, Mapping[str, object]]:
    offered = HOST.classes["channel", "smtp"]
    settings, _ = examine_settings(offered.Settings, GIVEN["smtp"])
    assert settings is not None
    return part_of(offered, settings, fixed), stored_form(settings)


def test_a_secret_is_on_no_page_and_stays_while_its_field_is_empty() -> None:
    part, whole = smtp()
    browser = sent(part)
    assert browser[SET + "password"] == ""
    assert back(part, browser, whole)["password"] == "secret"
    browser[SET + "password"] = " a new one "
    assert back(part, browser, whole)["password"] == " a new one "


def test_a_tick_takes_a_secret_away_unless_a_new_one_is_typed() -> None:
    part, whole = smtp()
    browser = sent(part)
    browser[FORGET + "password"] = "y"
    assert back(part, browser, whole)["password"] == ""
    browser[SET + "password"] = "new"
    assert back(part, browser, whole)["password"] == "new"


def test_what_is_fixed_is_shown_as_it_holds_whatever_was_sent() -> None:
    part, whole = smtp(host=Fixed.PINNED, security=Fixed.PINNED, port=Fixed.ONLY_IN_FILE)
    browser = sent(part)
    browser[SET + "host"] = "evil.example"
    browser[SET + "port"] = "99999"
    form = filled(form_for(part)(browser, data=shown(part)), part)
    assert form[SET + "host"].data == "mail.example"
    assert back(part, browser, whole) == whole


def test_a_time_has_a_number_and_a_word() -> None:
    offered = HOST.classes["method", "email"]
    settings, _ = examine_settings(offered.Settings, {"lifetime": 600})
    assert settings is not None
    form = form_for(part_of(offered, settings))(data=shown(part_of(offered, settings)))
    assert (form[SET + "lifetime"]._value(), str(form.units[SET + "lifetime"])) == ("10", "minutes")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("port", "70000", "At most 65535."),
        ("sender", "", "This is needed."),
        ("sender", "x", "Use 3 characters or more."),
        ("port", "many", "Type a whole number, with digits alone."),
    ],
)
def test_what_is_wrong_is_said_at_its_field(field: str, value: str, words: str) -> None:
    part, whole = smtp()
    browser = sent(part)
    browser[SET + field] = value
    form = form_for(part)(browser, data=shown(part))
    if form.validate():
        change = change_of(form, part)
        stays = {name: kept for name, kept in whole.items() if name in part.kept}
        _, faults = examine_settings(part.settings, {**stays, **change.values})
        say(form, faults)
    assert [str(error) for error in form[SET + field].errors] == [words]
