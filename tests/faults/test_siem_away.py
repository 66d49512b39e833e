"""The SIEM is away, comes back in the middle of a batch, and is slow: people notice nothing, and it gets everything."""

from __future__ import annotations

from pathlib import Path

import pytest
from servers.event_log import events, followed_by
from servers.keyback import Keyback
from servers.outfit import a_story
from servers.persistent import Persistent, together
from servers.serving import Serve, say
from servers.siem import Siem
from servers.slapd import Slapd
from servers.story import Post, wait_until

PEOPLE, MANY = 4, 200


@pytest.mark.parametrize("people", [PEOPLE, pytest.param(MANY, marks=[pytest.mark.slow, pytest.mark.timeout(3600)])])
def test_a_siem_that_was_away_gets_everything_in_order_and_holds_nobody_up(
    serve: Serve, post: Post, slapd: Slapd, tmp_path: Path, people: int
) -> None:
    with Siem(tmp_path / "siem") as siem:
        keyback = serve(also={"notifier.syslog": _pin(siem)})
        wait_until(lambda: followed_by(keyback, "syslog"), "the collector to be known")
        _reset(keyback, post, slapd, 1)
        wait_until(lambda: siem.records, "the first events")
        siem.stop()
        _reset(keyback, post, slapd, people)
        known = len(siem.records)
        siem.breaks_after, siem.delay = 7, 0.005
        siem.start()
        wait_until(lambda: siem.records[-1].name == "notice.sent" and _has_all(siem, keyback), "all of it", 300)
    assert siem.faults == []
    numbers = siem.numbers()
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert len(siem.records) > known + 7
    say(f"{people} people while it was away: {len(numbers)} events, {len(siem.records) - len(numbers)} came twice")


def _pin(siem: Siem) -> dict[str, object]:
    return {"host": "localhost", "port": siem.port, "ca_file": str(siem.ca_file)}


def _reset(keyback: Keyback, post: Post, slapd: Slapd, count: int) -> None:
    """All get through, each in one recovery, as if nothing was the matter."""
    people = [Persistent(a_story(keyback, post, slapd)) for _ in range(count)]
    for at in range(0, count, 8):
        together(people[at : at + 8])
    assert [len(person.recoveries) for person in people] == [1] * count


def _has_all(siem: Siem, keyback: Keyback) -> bool:
    return siem.numbers()[-1] == len(events(keyback))
