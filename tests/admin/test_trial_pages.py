"""The button "Test" of every plugin, over HTTP: truthful, outside the request, and no way into the house (J15)."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers.parts_house import Works
from servers.small_console import AUDITOR, HELP_DESK, SmallConsole, opened_with_parts
from sqlalchemy import select as chosen

from keyback.admin.look import TRANSLATIONS as OWN
from keyback.admin.trial_pages import lines_of
from keyback.config.house import TRANSLATIONS as PORTAL
from keyback.core import PluginError, Text, why_not
from keyback.core.db.tables import event, job
from keyback.core.languages import Languages
from keyback.core.service.ruling import trials as module
from keyback.core.service.ruling.trials import Trials
from keyback.plugins.channels.smtp import Smtp

SMTP = "/admin/plugins/channel/smtp"
EMBEDDED = "/admin/plugins/store/embedded"
SCRIPT = '"><script>alert(1)</script>'


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[tuple[Works, SmallConsole, Trials]]:
    with opened_with_parts(migrated, tmp_path) as (process, console):
        yield process, console, console.services.trials


@pytest.fixture
def process(house: tuple[Works, SmallConsole, Trials]) -> Works:
    return house[0]


@pytest.fixture
def console(house: tuple[Works, SmallConsole, Trials]) -> SmallConsole:
    return house[1]


@pytest.fixture
def trials(house: tuple[Works, SmallConsole, Trials]) -> Trials:
    return house[2]


def jobs(process: Works) -> list[str]:
    with process.records.db.read() as tx:
        return [row.id for row in tx.execute(chosen(job.c.id).where(job.c.kind == "test"))]


def after_test(console: SmallConsole, process: Works, trials: Trials, path: str) -> str:
    """Press the button, let the back office work, and read the page."""
    assert console.post(f"{path}/test").status_code == 303
    for job_id in jobs(process):
        with process.records.db.read() as tx:
            found = process.records.jobs.get(tx, job_id)
        assert found is not None
        trials.work(found)
    assert console.get(f"{path}/test").location == path
    return console.get(path).text


def typed(process: Works, host: str) -> None:
    """A name, typed at the console, and switched on."""
    process.save("channel", "smtp", host=host, sender="keyback@example.org")
    process.switch("channel", "smtp", True)


def test_the_page_goes_on_by_itself_until_the_back_office_has_done_it(console: SmallConsole, process: Works) -> None:
    assert "It was not tested lately." in console.get(EMBEDDED).text
    sent = console.post(f"{EMBEDDED}/test")
    assert sent.location == f"{EMBEDDED}/test"
    page = console.get(sent.location)
    assert page.headers["Refresh"] == "2"
    assert "Under way since" in page.text
    # Pressed twice is tested once.
    console.post(f"{EMBEDDED}/test")
    assert len(jobs(process)) == 1


def test_a_page_that_nobody_works_for_stops_asking(console: SmallConsole) -> None:
    console.post(f"{EMBEDDED}/test")
    console.house.clock.forward(seconds=90)
    page = console.get(f"{EMBEDDED}/test")
    assert "Refresh" not in page.headers
    assert "Nobody has done it" in page.text


def test_what_works_is_said_with_who_tested_it(console: SmallConsole, process: Works, trials: Trials) -> None:
    text = after_test(console, process, trials, EMBEDDED)
    assert "It answers and works with these settings" in text
    assert "by Ines Roth" in text
    with process.records.db.read() as tx:
        data = tx.scalar(chosen(event.c.data).where(event.c.name == "plugin.tested"))
    assert json.loads(data or "") == {"kind": "store", "plugin": "embedded", "passed": True}


def test_one_that_is_off_is_tested_too_and_stays_off(console: SmallConsole, process: Works, trials: Trials) -> None:
    process.save("channel", "smtp", host="nowhere.invalid", sender="keyback@example.org")
    text = after_test(console, process, trials, SMTP)
    assert "nowhere.invalid is not known" in text
    assert "Look at its spelling" in text
    assert "smtp" not in process.snapshots.current.plugins.channels


def test_what_the_plugin_says_is_text(
    console: SmallConsole, process: Works, trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(_: Smtp) -> None:
        raise PluginError(SCRIPT)

    monkeypatch.setattr(Smtp, "check", check)
    typed(process, "mail.example.org")
    monkeypatch.setattr(module, "addresses", lambda *_: ())
    text = after_test(console, process, trials, SMTP)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_what_works_and_is_weaker_than_one_may_believe_is_said_and_passes(
    console: SmallConsole, process: Works, trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Smtp, "check", lambda _: ["it holds nobody to the history", SCRIPT])
    typed(process, "mail.example.org")
    monkeypatch.setattr(module, "addresses", lambda *_: ())
    text = after_test(console, process, trials, SMTP)
    assert "It answers and works with these settings" in text
    assert "Keep in mind: it holds nobody to the history" in text
    assert "Not well" not in text
    assert "<script>" not in text
    with process.records.db.read() as tx:
        data = tx.scalar(chosen(event.c.data).where(event.c.name == "plugin.tested"))
    assert json.loads(data or "")["passed"] is True


def in_german(process: Works, trials: Trials) -> list[str]:
    """What the last test found, as a page in German says it."""
    part = process.parts.one("channel", "smtp")
    assert part is not None
    german = Languages(OWN, (PORTAL,)).catalogue("de")
    return [found.render(german) for _, found, _ in lines_of(trials.last(part))]


def test_what_a_plugin_says_is_said_in_the_language_of_whoever_reads_it(
    console: SmallConsole, process: Works, trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    long, strange = "x" * 2000, object()
    remarks = [
        Text("{server} is no Active Directory", server="ldaps://dc1"),
        Text("the gateway cannot be used: {why}", why=why_not("timeout")),
        "its certificate can't be trusted",
        "a brace {of} its own",
        Text("the gateway cannot be used: {why}", why=long),
        Text("the gateway cannot be used: {why}", why=strange),
    ]
    monkeypatch.setattr(Smtp, "check", lambda _: remarks)
    typed(process, "mail.example.org")
    monkeypatch.setattr(module, "addresses", lambda *_: ())
    assert "Keep in mind: ldaps://dc1 is no Active Directory" in after_test(console, process, trials, SMTP)
    said = [line.partition(": ")[2] for line in in_german(process, trials)[-len(remarks) :]]
    assert said[:4] == [
        "ldaps://dc1 ist kein Active Directory",
        "das Gateway lässt sich nicht benutzen: keine Antwort in der vorgesehenen Zeit",
        "dem Zertifikat ist nicht zu trauen",
        "a brace {of} its own",
    ]
    # What cannot be kept as a sentence is said as it was found.
    assert said[4:] == [f"the gateway cannot be used: {long}"[: module.LONGEST_WORDS], str(remarks[-1])]


def test_what_a_plugin_raises_is_translated_too(
    console: SmallConsole, process: Works, trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(_: Smtp) -> None:
        raise PluginError(Text("the mail server refuses"))

    monkeypatch.setattr(Smtp, "check", check)
    typed(process, "mail.example.org")
    monkeypatch.setattr(module, "addresses", lambda *_: ())
    assert "It says: the mail server refuses" in after_test(console, process, trials, SMTP)
    assert in_german(process, trials)[-1].endswith("der Mailserver lehnt ab")


@pytest.mark.parametrize(
    ("raised", "kind"),
    [(RuntimeError("canary-password"), "RuntimeError"), (PluginError(Text("it lacks a {gap}")), "KeyError")],
)
def test_what_breaks_is_named_by_its_kind_alone(
    console: SmallConsole,
    process: Works,
    trials: Trials,
    monkeypatch: pytest.MonkeyPatch,
    raised: Exception,
    kind: str,
) -> None:
    def check(_: Smtp) -> None:
        raise raised

    monkeypatch.setattr(Smtp, "check", check)
    typed(process, "mail.example.org")
    monkeypatch.setattr(module, "addresses", lambda *_: ())
    text = after_test(console, process, trials, SMTP)
    assert f"Its own check broke: {kind}" in text
    assert "canary-password" not in text


def test_a_name_that_leads_inside_is_refused_and_nobody_connected_to(
    console: SmallConsole, process: Works, trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = socket.create_server(("127.0.0.1", 0))
    port = trap.getsockname()[1]
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    process.save("channel", "smtp", host="rebinding.example", port=port, sender="keyback@example.org")
    process.switch("channel", "smtp", True)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    text = after_test(console, process, trials, SMTP)
    assert "rebinding.example is inside the house" in text
    assert "Nobody was connected to." in text
    assert not select.select([trap], [], [], 0)[0]
    trap.close()


def test_one_that_changes_its_mind_between_the_look_and_the_connection_is_refused_too(
    console: SmallConsole, process: Works, trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = socket.create_server(("127.0.0.1", 0))
    port, asked = trap.getsockname()[1], list[object]()

    def resolved(host: object, *_: object, **__: object) -> list[object]:
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    process.save("channel", "smtp", host="rebinding.example", port=port, sender="keyback@example.org")
    process.switch("channel", "smtp", True)
    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    text = after_test(console, process, trials, SMTP)
    assert len(asked) == 2
    assert "in a private network" in text
    assert not select.select([trap], [], [], 0)[0]
    trap.close()


def test_a_check_that_hangs_is_said_to_be_late(
    console: SmallConsole, process: Works, trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung, over = socket.socketpair()
    monkeypatch.setattr(module, "LONGEST_CHECK", 0.1)
    monkeypatch.setattr(Smtp, "check", lambda _: hung.recv(1) and None)
    monkeypatch.setattr(module, "addresses", lambda *_: ())
    typed(process, "mail.example.org")
    assert "No answer within ten seconds" in after_test(console, process, trials, SMTP)
    console.house.clock.forward(seconds=1)
    assert "still hangs" in after_test(console, process, trials, SMTP)
    over.close()
    hung.close()


@pytest.mark.parametrize("role", [AUDITOR, HELP_DESK])
def test_only_administrators_test(console: SmallConsole, process: Works, role: object) -> None:
    other = console.as_(role)  # type: ignore[arg-type]
    assert other.post(f"{EMBEDDED}/test").status_code == 403
    assert "Test</button>" not in other.get(EMBEDDED).text
    assert console.post(f"{EMBEDDED}/test", token="of another session").status_code == 403
    assert jobs(process) == []


def test_what_is_not_set_up_or_not_there_is_not_tested(console: SmallConsole, process: Works) -> None:
    assert console.post("/admin/plugins/channel/http_gateway/test").status_code == 400
    assert console.post("/admin/plugins/channel/nothing/test").status_code == 404
    assert jobs(process) == []
