"""An operator sees how people fare, and never who they are; nobody else sees anything."""

from __future__ import annotations

import json
import os
import re
import signal
import time

import pytest
import requests
from servers.canaries import Canaries
from servers.keyback import HOST, Keyback
from servers.story import NEW, Story, wait_until

# What is counted does not depend on the database; where processes share it is two.
pytestmark = pytest.mark.parametrize("keyback", [("postgresql", 2)], ids=["postgresql-2"], indirect=True)

LINE = re.compile(r'^(keyback_\w+)(?:\{((?:[a-z]+="[^"\\\n]*",?)*)\})? ([0-9.e+-]+|\+Inf)$')


def figures(keyback: Keyback) -> dict[str, float]:
    """Each line's name and labels, and its number."""
    lines = [line for line in keyback.metrics().splitlines() if not line.startswith("#")]
    assert all(LINE.match(line) for line in lines), [line for line in lines if not LINE.match(line)]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def at_rest(keyback: Keyback) -> dict[str, float]:
    """The figures once nothing is told any more of what was before: each process tells once a second."""
    seen = [figures(keyback)]
    since = time.monotonic()

    def same() -> bool:
        nonlocal since
        now = totals(figures(keyback))
        if now != totals(seen[-1]):
            seen.append(figures(keyback))
            since = time.monotonic()
        return time.monotonic() - since > 2.5

    wait_until(same, "the figures to rest")
    return figures(keyback)


def totals(numbers: dict[str, float]) -> dict[str, float]:
    """What only grows by what people do."""
    return {series: number for series, number in numbers.items() if series.startswith("keyback_passwords_total")}


def grown(keyback: Keyback, before: dict[str, float], series: str) -> float:
    """By how much since then."""
    return figures(keyback).get(series, 0.0) - before.get(series, 0.0)


def test_a_journey_is_counted_and_nobody_is_named(somebody: Story, keyback: Keyback) -> None:
    before = at_rest(keyback)
    somebody.start()
    somebody.pick_mail()
    code = somebody.post.mail_code(somebody.mail)
    somebody.type_code(f"{(int(code) + 1) % 10**8:08}")
    somebody.type_code(code)
    somebody.pick_text()
    text = somebody.post.text_code(somebody.phone)
    somebody.type_code(text)
    assert somebody.renew().stage == "done"
    once = (
        'keyback_recoveries_started_total{entry=""}', 'keyback_people_looked_up_total{outcome="found"}',
        'keyback_proofs_total{method="email",outcome="given"}', 'keyback_proofs_total{method="email",outcome="missed"}',
        'keyback_proofs_total{method="sms",outcome="given"}', 'keyback_passwords_total{store="openldap",outcome="set"}',
        'keyback_human_checks_total{check="proof_of_work",outcome="passed"}',
        'keyback_page_seconds_count{page="portal.start",status="3xx"}',
        'keyback_job_seconds_count{kind="find",outcome="worked"}',
    )  # fmt: skip
    # Notices are messages too, and a directory is asked more than once.
    more = (
        'keyback_messages_total{channel="http_gateway",outcome="sent"}',
        'keyback_plugin_call_seconds_count{kind="Store",plugin="openldap",outcome="answered"}',
    )
    wait_until(lambda: all(grown(keyback, before, series) for series in (*once, *more)), "each to be counted")
    assert {series: grown(keyback, before, series) for series in once} == dict.fromkeys(once, 1.0)
    canaries = Canaries()
    for secret in (somebody.mail, somebody.phone, somebody.recovery_id, NEW, code, text):
        canaries.add("of somebody", secret)
    said = keyback.metrics()
    assert somebody.name not in said
    assert canaries.found_in(said.encode()) == []


def test_what_waits_and_what_is_behind_is_measured(keyback: Keyback) -> None:
    wait_until(lambda: "keyback_processes" in figures(keyback), "the processes to say something")
    now = figures(keyback)
    assert now["keyback_processes"] == len(keyback.workers())
    assert now["keyback_audit_unchained_seconds"] < 10
    assert now['keyback_key_age_seconds{purpose="pepper"}'] > 0
    assert now['keyback_database_connections{pool="writing"}'] < 20


def test_nothing_is_said_at_the_peoples_door(keyback: Keyback) -> None:
    for headers in ({"Host": HOST}, {"Host": f"127.0.0.1:{keyback.metrics_port}"}):
        answer = requests.get(f"{keyback.url}/metrics", headers=headers, timeout=5)
        assert answer.status_code in {400, 404}
        assert "keyback_" not in answer.text
    for path in ("/", "/recover", "/metrics/", "/healthz"):
        answer = requests.get(f"http://127.0.0.1:{keyback.metrics_port}{path}", headers={"Host": HOST}, timeout=5)
        assert (answer.status_code, answer.text) == (404, "")


def test_each_move_is_one_line_that_names_nobody(somebody: Story, keyback: Keyback) -> None:
    somebody.whole()
    said = [json.loads(line) for line in keyback.log.read_text().splitlines() if line.startswith("{")]
    mine = [line for line in said if line.get("recovery") == somebody.recovery_id[:8]]
    moves = [line["move"] for line in mine]
    assert [move for move in moves if move not in {"Found", "Looked"}] == [
        "Named", "Picked", "Proved", "Picked", "Proved", "PasswordAccepted", "Wrote",
    ]  # fmt: skip
    assert moves.count("Found") == 1
    assert (mine[-1]["before"], mine[-1]["stage"]) == ("writing", "done")
    assert all(0 <= line["milliseconds"] < 60_000 for line in mine)


def test_no_total_falls_when_a_process_is_killed(keyback: Keyback) -> None:
    page = 'keyback_page_seconds_count{page="portal.healthz",status="2xx"}'
    before = figures(keyback).get(page, 0.0)
    for _ in range(5):
        requests.get(f"{keyback.url}/healthz", headers={"Host": HOST}, timeout=5)
    wait_until(lambda: figures(keyback).get(page, 0.0) == before + 5, "five more")
    dead = next(process for process in keyback.workers() if process != keyback.office())
    os.kill(dead, signal.SIGKILL)
    wait_until(lambda: dead not in keyback.workers() and _answers(keyback), "another one")
    assert figures(keyback)[page] == before + 5


def _answers(keyback: Keyback) -> bool:
    try:
        return figures(keyback)["keyback_processes"] == len(keyback.workers())
    except requests.ConnectionError:
        return False
