"""The power fails in the middle of commits: what the disk holds opens, verifies, and lacks nothing promised (R3)."""

from __future__ import annotations

import base64
import random
import shutil
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from servers.crowd import at_work
from servers.historian import assert_true
from servers.keyback import Keyback
from servers.outfit import a_story
from servers.persistent import Persistent
from servers.postgres import missing, running_postgres
from servers.power_loss import cut, frames, image, tear
from servers.serving import Serve, say
from servers.slapd import Slapd
from servers.story import Post
from sqlalchemy import select, text

from keyback.core.db.audit_chain import AuditChain
from keyback.core.db.audit_verify import verify
from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database
from keyback.core.db.tables import event, recovery

QUICK, FULL, CRASHES = 4, 200, 20
PEOPLE = 3
# Power fails at any moment, and so these seconds are drawn: from one image to the next, from the start of the database
# server to its crash, and until it comes back. Waiting for anything would make the moment less random.
PAUSES, UP, DOWN = (0.01, 0.3), (0.5, 3.0), (0.0, 2.0)


def test_a_disk_after_a_power_loss_opens_and_verifies(serve: Serve, post: Post, slapd: Slapd, tmp_path: Path) -> None:
    _lose_power(serve(), post, slapd, tmp_path, QUICK)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_hundred_disks_after_a_power_loss_open_and_verify(
    serve: Serve, post: Post, slapd: Slapd, tmp_path: Path
) -> None:
    _lose_power(serve(), post, slapd, tmp_path, FULL)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_people_go_on_after_twenty_crashes_of_the_database_server(serve: Serve, post: Post, slapd: Slapd) -> None:
    _crash(serve, post, slapd, CRASHES)


def _lose_power(keyback: Keyback, post: Post, slapd: Slapd, folder: Path, count: int) -> None:
    chance, half_written = random.Random(count), 0
    with at_work(_somebody(keyback, post, slapd), PEOPLE) as crowd:
        for number in range(count):
            time.sleep(chance.uniform(*PAUSES))
            promised = [told for person in list(crowd) for told in _promised(person)]
            database = image(keyback, folder / f"image{number}")
            half_written += any(True for _ in frames(database))
            _verify(keyback, database, promised if number % 2 else [], chance, fresh=bool(number % 2))
            shutil.rmtree(database.parent)
    assert half_written
    assert_true(slapd, crowd)
    say(f"{count} images beside {len(crowd)} people, {half_written} with a log that had to be read again")


def _verify(keyback: Keyback, database: Path, promised: Sequence[str], chance: random.Random, *, fresh: bool) -> None:
    """`fresh`: the processes were stopped, and all that they wrote arrived; otherwise the disk lost what it may."""
    if not fresh:
        cut(database, chance)
    tear(database, chance)
    db = Database(f"sqlite:///{database}")
    try:
        keyring = Keyring.load(db, base64.urlsafe_b64decode((keyback.folder / "keyback.key").read_text()))
        with db.read() as tx:
            assert tx.scalars(text("PRAGMA integrity_check")).all() == ["ok"]
            assert tx.execute(text("PRAGMA foreign_key_check")).all() == []
            done = set(tx.scalars(select(recovery.c.id).where(recovery.c.stage == "done")))
            told = set(tx.scalars(select(event.c.recovery_id).where(event.c.name == "password.set")))
        assert verify(db, keyring, AuditChain(keyring).public_key(db, datetime.now(UTC))) == []
        assert done <= told
        assert set(promised) <= done
    finally:
        db.close()


def _promised(person: Persistent) -> list[str]:
    """The recoveries of which a page has said that they are done."""
    pages = [page for page in list(person.story.browser.history) if page.stage == "done"]
    return [page.url.partition("?")[0].rpartition("/")[2] for page in pages]


def _crash(serve: Serve, post: Post, slapd: Slapd, count: int) -> None:
    if why := missing():
        pytest.skip(why)
    chance = random.Random(count)
    with running_postgres() as server:
        keyback = serve(server.database())
        moments: list[float] = []
        with at_work(_somebody(keyback, post, slapd), PEOPLE) as crowd:
            for _ in range(count):
                time.sleep(chance.uniform(*UP))
                server.crash()
                time.sleep(chance.uniform(*DOWN))
                server.start()
                moments.append(time.time())
        assert_true(slapd, crowd, faults=moments)
        keyback.stop()
    say(f"{count} crashes of PostgreSQL beside {len(crowd)} people")


def _somebody(keyback: Keyback, post: Post, slapd: Slapd) -> Callable[[], Persistent]:
    return lambda: Persistent(a_story(keyback, post, slapd))
