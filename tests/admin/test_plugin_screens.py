"""The generated screens of plugins, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from servers.parts_house import CANARY, MAIL, Works
from servers.small_console import ADMINISTRATOR, AUDITOR, HELP_DESK, SmallConsole, opened_with_parts

from keyback.core.service.ruling.parts import State

SMTP = "/admin/plugins/channel/smtp"
SMS = "/admin/plugins/method/sms"
SCRIPT = '"><script>alert(1)</script>'


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[tuple[Works, SmallConsole]]:
    with opened_with_parts(migrated, tmp_path) as both:
        yield both


@pytest.fixture
def process(house: tuple[Works, SmallConsole]) -> Works:
    return house[0]


@pytest.fixture
def console(house: tuple[Works, SmallConsole]) -> SmallConsole:
    return house[1]


def typed(version: int = 0, **values: object) -> dict[str, object]:
    return {"version": str(version), **{f"set_{name}": value for name, value in {**MAIL, **values}.items()}}


SMTP_FORM = {"port": "587", "security": "starttls", "keep_messages": "100", "keep_seconds": "30"}


def test_every_kind_has_a_list_with_states_and_what_is_not_loaded(console: SmallConsole) -> None:
    text = console.get("/admin/plugins/channel/").text
    assert "/admin/plugins/channel/smtp" in text
    assert "Not set up" in text
    assert "openldap" in text
    for kind in ("method", "store", "notifier", "human_check"):
        assert console.get(f"/admin/plugins/{kind}/").status_code == 200


def test_every_loaded_plugin_has_a_page(console: SmallConsole, process: Works) -> None:
    for part in process.parts.all():
        sent = console.get(f"/admin/plugins/{part.kind}/{part.key}")
        assert sent.status_code == 200
        assert sent.text.count("<h1>") == 1


def test_what_stands_beside_settings_is_said_in_the_pages_language(console: SmallConsole) -> None:
    german = {**console._headers(), "Accept-Language": "de"}
    page = console.client.get(SMTP, headers=german).text
    assert "Rechnername Ihres Mailservers, wie in seinem Zertifikat." in page
    assert "Host name of your mail server" not in page


def test_what_a_rule_refuses_is_said_in_the_pages_language(console: SmallConsole) -> None:
    headers = {**console._headers(), "Accept-Language": "de", "Sec-Fetch-Site": "same-origin"}
    wrong = {"token": "form of administrator", **typed(**SMTP_FORM), "set_security": "none", "set_sender": "nobody"}
    page = console.client.post(SMTP, data=wrong, headers=headers)
    assert page.status_code == 422
    assert "Das ist nicht genau eine E-Mail-Adresse" in page.text
    assert "not one mail address" not in page.text.lower()


def test_a_plugin_that_is_not_loaded_has_none(console: SmallConsole) -> None:
    assert console.get("/admin/plugins/channel/nothing").status_code == 404
    assert console.get("/admin/plugins/channel/sms").status_code == 404


def test_what_is_typed_is_kept_and_the_secret_is_never_shown(console: SmallConsole, process: Works) -> None:
    sent = console.post(SMTP, typed(**SMTP_FORM, password=CANARY))
    assert sent.status_code == 303
    page = console.get(sent.location)
    assert "Saved" in page.text
    assert "mail.example.org" in page.text
    assert CANARY not in page.text
    assert process.stored("channel", "smtp")["password"] == CANARY


def test_a_mistake_is_said_at_its_field_and_nothing_changes(console: SmallConsole, process: Works) -> None:
    sent = console.post(SMTP, typed(**{**SMTP_FORM, "port": "70000"}, password=CANARY))
    assert sent.status_code == 422
    assert "At most 65535." in sent.text
    assert 'value="70000"' in sent.text
    assert CANARY not in sent.text
    assert process.part("channel", "smtp").state is State.NOT_SET_UP


def test_the_second_of_two_administrators_is_told_and_loses_nothing_typed(console: SmallConsole) -> None:
    console.post(SMTP, typed(**SMTP_FORM))
    sent = console.post(SMTP, typed(**SMTP_FORM, host="other.example.org"))
    assert sent.status_code == 409
    assert "Somebody else saved this" in sent.text
    assert "other.example.org" in sent.text


@pytest.mark.parametrize("hidden", ["set_enabled", "enabled", "kind", "set_seal"])
def test_fields_that_nobody_showed_are_refused(console: SmallConsole, process: Works, hidden: str) -> None:
    assert console.post(SMTP, typed(**SMTP_FORM) | {hidden: "y"}).status_code == 400
    assert process.part("channel", "smtp").state is State.NOT_SET_UP


def test_what_the_file_pins_is_shown_read_only_with_the_reason(console: SmallConsole) -> None:
    text = console.get("/admin/plugins/store/embedded").text
    assert "Set in keyback.toml and can only be changed there." in text
    assert "readonly" in text


def test_off_for_four_hours_with_the_reason_and_on_again(console: SmallConsole, process: Works) -> None:
    asks = console.get(f"{SMS}/switch")
    assert "How long?" in asks.text
    sent = console.post(f"{SMS}/switch", {"hours": "4", "why": "fraud", "version": "0", "anyway": "y"})
    assert sent.status_code == 303
    assert "Off until" in console.get(SMS).text
    assert "sms" not in process.snapshots.current.plugins.methods
    version = process.part("method", "sms").version
    assert console.post(f"{SMS}/switch", {"why": "over", "version": str(version)}).status_code == 303
    assert "sms" in process.snapshots.current.plugins.methods
    assert "fraud" in console.get(f"{SMS}/history").text


@pytest.mark.parametrize("before", ["9" * 30, "-1", "x", ""])
def test_a_history_begins_anew_where_nobody_could_have_left_it(console: SmallConsole, before: str) -> None:
    assert console.get(f"{SMS}/history?before={before}").status_code == 200


def test_a_switch_needs_a_reason(console: SmallConsole, process: Works) -> None:
    sent = console.post(f"{SMS}/switch", {"hours": "4", "why": " ", "version": "0", "anyway": "y"})
    assert sent.status_code == 422
    assert process.part("method", "sms").state is State.ON


def test_the_only_directory_says_why_it_stays_on(console: SmallConsole, process: Works) -> None:
    path = "/admin/plugins/store/embedded/switch"
    assert "Without one nobody could be helped" in console.get(path).text
    sent = console.post(path, {"hours": "0", "why": "x", "version": "0", "anyway": "y"})
    assert sent.status_code == 422
    assert process.part("store", "embedded").state is State.ON


@pytest.mark.parametrize("role", [AUDITOR, HELP_DESK])
def test_only_administrators_change_anything(console: SmallConsole, process: Works, role: object) -> None:
    other = console.as_(role)  # type: ignore[arg-type]
    assert other.post(SMTP, typed(**SMTP_FORM)).status_code == 403
    assert other.post(f"{SMS}/switch", {"hours": "4", "why": "x", "version": "0"}).status_code == 403
    assert other.get(SMTP).status_code == (200 if role is AUDITOR else 403)
    assert process.part("channel", "smtp").state is State.NOT_SET_UP


def test_an_auditor_sees_no_button(console: SmallConsole) -> None:
    text = console.as_(AUDITOR).get(SMTP).text
    assert "<button" not in text
    assert "Switch" not in text


def test_a_form_of_another_session_changes_nothing(console: SmallConsole, process: Works) -> None:
    assert console.post(SMTP, typed(**SMTP_FORM), token="another").status_code == 403
    assert process.part("channel", "smtp").state is State.NOT_SET_UP


@pytest.mark.parametrize("field", ["host", "sender_name", "username", "reply_to"])
def test_a_stored_script_is_text(console: SmallConsole, field: str) -> None:
    answer = console.post(SMTP, typed(**{**SMTP_FORM, field: SCRIPT}))
    pages = [answer.text, *(console.get(path).text for path in (SMTP, "/admin/plugins/channel/", f"{SMTP}/history"))]
    assert "&lt;script&gt;" in "".join(pages)
    assert "<script" not in "".join(pages)


def test_a_script_as_a_reason_is_text(console: SmallConsole) -> None:
    console.post(f"{SMS}/switch", {"hours": "4", "why": SCRIPT, "version": "0", "anyway": "y"})
    page = console.get(f"{SMS}/history").text
    assert "&lt;script&gt;" in page
    assert "<script" not in page


def test_secrets_are_typed_again_after_a_new_sign_in(console: SmallConsole) -> None:
    console.desk.ago = timedelta(minutes=6)
    sent = console.post(SMTP, typed(**SMTP_FORM, password=CANARY))
    assert sent.status_code == 403
    assert CANARY not in str(console.desk.kept)
    assert console.desk.kept[SMTP]["set_host"] == ["mail.example.org"]
    assert console.as_(ADMINISTRATOR).get(SMTP).status_code == 200


def test_a_switch_that_nobody_was_offered_is_refused(console: SmallConsole, process: Works) -> None:
    path = "/admin/plugins/human_check/proof_of_work/switch"
    assert console.post(path, {"hours": "0", "why": "x", "version": "0"}).status_code == 400
    assert process.part("human_check", "proof_of_work").state is State.ON
