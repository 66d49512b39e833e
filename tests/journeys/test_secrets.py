"""No secret is where it must not be: not in a log, a URL, an exception's words or a column in the clear."""

from __future__ import annotations

import base64
import io
import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from servers.browser import Browser
from servers.canaries import Canaries, dresses
from servers.keyback import Keyback
from servers.mail_sink import MailSink
from servers.outfit import ENTRIES, SWIFT, a_story, pins
from servers.slapd import SERVICE_PASSWORD, Slapd
from servers.story import Post, Story, wait_until
from sqlalchemy import create_engine, text

from keyback.config.logging import configure
from keyback.core.db import data_keys
from keyback.core.db.tables import metadata

GATEWAY_TOKEN = "gateway canary 51e7c0 of the provider"
TYPED_NAME = "Canary.Name-7c1d"
NEW = 'violet "anchors" drift ä homeward & 9f31'
REFUSED = "Alderwick ü 7f3e"
TYPED = "lantern ö & 52be"
# Told to nobody at all, not even to the person's own page.
NEVER_SHOWN = (
    "mail code", "text code", "saved code", "new password", "refused password", "typed password", "bind password",
    "SMTP password", "gateway token", "key", "data key",
)  # fmt: skip


BREAK = {
    "sqlite": "CREATE TRIGGER broken BEFORE INSERT ON lease BEGIN SELECT RAISE(ABORT, 'on purpose'); END",
    "postgresql": "ALTER TABLE lease ADD CONSTRAINT broken CHECK (false) NOT VALID",
}
MEND = {"sqlite": "DROP TRIGGER broken", "postgresql": "ALTER TABLE lease DROP CONSTRAINT broken"}


class Journey:
    """A server of its own, everything that was secret on the way, and every answer that was given."""

    def __init__(self, keyback: Keyback, post: Post, slapd: Slapd) -> None:
        self.keyback, self.post, self.slapd = keyback, post, slapd
        self.secrets = Canaries()
        self.browsers: list[Browser] = []

    def somebody(self) -> Story:
        story = a_story(self.keyback, self.post, self.slapd)
        self.browsers.append(story.browser)
        self.secrets.add("mail address", story.mail)
        self.secrets.add("phone number", story.phone)
        return story

    def prove(self, story: Story) -> None:
        story.start()
        self._cookie(story)
        story.pick_mail()
        story.type_code(self.secrets.add("mail code", story.post.mail_code(story.mail)))
        self._cookie(story)
        story.pick_text()
        story.type_code(self.secrets.add("text code", story.post.text_code(story.phone)))
        self._cookie(story)

    def _cookie(self, story: Story) -> None:
        value = next(value for name, value in story.browser.cookies.items() if name.endswith("kb_j"))
        self.secrets.add("cookie", value.partition(".")[2])

    def keys(self) -> None:
        """The key in the file, and every data key that it wraps."""
        written = (self.keyback.folder / "keyback.key").read_text()
        kek = base64.urlsafe_b64decode(written)
        self.secrets.add("key", kek)
        engine = create_engine(self.keyback.database_url)
        with engine.connect() as tx:
            for row in data_keys.rows(tx):
                self.secrets.add("data key", data_keys.unwrap(kek, row))
        engine.dispose()

    def stored(self) -> bytes:
        """Everything the database holds, sealed or not: as files, or row by row."""
        if self.keyback.database_url.startswith("sqlite"):
            return b"".join(path.read_bytes() for path in sorted((self.keyback.folder / "data").iterdir()))
        engine, cells = create_engine(self.keyback.database_url), []
        with engine.connect() as tx:
            for table in metadata.tables:
                for row in tx.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608 -- our own table names
                    cells += [
                        bytes(cell) if isinstance(cell, memoryview | bytes) else str(cell).encode() for cell in row
                    ]
        engine.dispose()
        return b"\0".join(cells)

    def addresses(self) -> bytes:
        """What stands in an address bar, a proxy's log or a Location."""
        seen = [page for browser in self.browsers for page in browser.history]
        return "\n".join([part for page in seen for part in (page.url, page.headers.get("Location", ""))]).encode()

    def answers(self) -> bytes:
        """All pages but the one that asks for a moment: that one gives back what was typed, to whoever typed it."""
        seen = [page for browser in self.browsers for page in browser.history if page.name != "waiting"]
        return "\n".join(f"{page.headers}\n{page.html}" for page in seen).encode()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def journey(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, post: Post, slapd: Slapd
) -> Iterator[Journey]:
    """Every way through, and every fault, at a server that logs as much as it can."""
    url = request.getfixturevalue("postgres").database() if request.param == "postgresql" else ""
    outfit = {**pins(post, slapd), **SWIFT}
    outfit["channel.http_gateway"] |= {"headers": f"Authorization: Bearer {GATEWAY_TOKEN}"}
    more = {"entries": ENTRIES, "log_level": "debug"}
    with Keyback(tmp_path_factory.mktemp("secrets"), outfit, database_url=url, more=more) as server:
        it = Journey(server, post, slapd)
        for kind, secret in (
            ("bind password", SERVICE_PASSWORD), ("SMTP password", MailSink.password), ("gateway token", GATEWAY_TOKEN),
        ):  # fmt: skip
            it.secrets.add(kind, secret)
        walk_everywhere(it)
        meet_every_fault(it)
        it.keys()
        yield it


def walk_everywhere(it: Journey) -> None:
    story = it.somebody()
    it.prove(story)
    type_slowly(story, it.secrets.add("typed password", TYPED))
    story.renew(it.secrets.add("refused password", REFUSED))
    story.renew(it.secrets.add("new password", NEW))
    assert story.here().stage == "done"
    by_paper = it.somebody()
    codes = it.keyback.command("people", "codes", by_paper.name).split()
    for code in codes:
        it.secrets.add("saved code", code)
        it.secrets.add("saved code", code.replace("-", ""))
    by_paper.start("/go/alderwick")
    by_paper.pick_paper()
    assert by_paper.type_code(codes[0]).stage == "choosing"
    nobody = Story.of(it.keyback, it.post, it.secrets.add("name", TYPED_NAME))
    it.browsers.append(nobody.browser)
    it.secrets.add("name", TYPED_NAME.lower())
    nobody.start()
    nobody.phone = it.secrets.add("phone number", "+15558675309")
    nobody.pick_text()
    nobody.type_code(it.secrets.add("typed code", "90418273"))
    nobody.press("again")
    nobody.press("back")
    nobody.press("cancel")
    assert nobody.here().stage == "closed"


def type_slowly(story: Story, typed: str) -> None:
    """As the page's script asks while somebody types: in turn, out of turn, and in a body that is refused."""
    path, token = f"/recover/{story.recovery_id}/password", story.here().form.fields["token"]
    asked = ({"token": token}, {"token": "00"}, {"token": token, "move": "continue"})
    answers = [story.browser.post(path, {**fields, "new_password": typed}).status for fields in asked]
    assert answers == [200, 409, 400]
    story.reload()


def meet_every_fault(it: Journey) -> None:
    # The directory is down when the new password is sent, and when somebody is looked for.
    story = it.somebody()
    it.prove(story)
    it.slapd.stop()
    try:
        story.renew(it.secrets.add("new password", f"{NEW} again"))
        assert story.here().status == 503
        lost = Story.of(it.keyback, it.post, it.secrets.add("name", "Canary.Lost-44aa"))
        it.browsers.append(lost.browser)
        lost.start()
    finally:
        it.slapd.start()
    # The mail server is down.
    waiting = it.somebody()
    it.post.mail.down()
    try:
        waiting.start()
        waiting.pick_mail()
        wait_until(lambda: waiting_jobs(it) > 0, "the mail to be put off")
    finally:
        it.post.mail.up()
    # Our own database refuses a row in the middle of a write, with words that quote the row.
    broken = it.somebody()
    it.prove(broken)
    engine = create_engine(it.keyback.database_url)
    with engine.begin() as tx:
        tx.execute(text(BREAK[engine.dialect.name]))
    page = broken.renew(it.secrets.add("new password", f"{NEW} thrice"))
    with engine.begin() as tx:
        tx.execute(text(MEND[engine.dialect.name]))
    engine.dispose()
    assert page.status == 500, page.text


def waiting_jobs(it: Journey) -> int:
    """Messages that were tried and must be tried again."""
    engine = create_engine(it.keyback.database_url)
    with engine.connect() as tx:
        tried = tx.execute(text("SELECT count(*) FROM job WHERE kind = 'message' AND tries > 0")).scalar_one()
    engine.dispose()
    return int(tried)


def test_no_log_holds_one(journey: Journey) -> None:
    log = journey.keyback.log.read_bytes()
    assert b"a page broke" in log, "nothing was logged, so nothing is shown"
    assert journey.secrets.found_in(log) == []


def test_no_address_holds_one(journey: Journey) -> None:
    assert journey.secrets.found_in(journey.addresses()) == []


def test_no_column_in_the_clear_holds_one(journey: Journey) -> None:
    stored = journey.stored()
    assert b"proof.given" in stored, "nothing was read, so nothing is shown"
    assert journey.secrets.found_in(stored) == []


def test_no_export_of_the_events_holds_one(journey: Journey) -> None:
    exported = journey.keyback.command("audit", "export").encode()
    assert b"password.set" in exported
    assert journey.secrets.found_in(exported) == []


def test_no_page_shows_one(journey: Journey) -> None:
    assert journey.secrets.found_in(journey.answers(), *NEVER_SHOWN) == []


def test_no_process_shows_one_to_its_neighbours(journey: Journey) -> None:
    for pid in journey.keyback.workers():
        shown = b"".join(Path(f"/proc/{pid}/{what}").read_bytes() for what in ("cmdline", "environ"))
        assert journey.secrets.found_in(shown) == []


# And if one were there, would it be seen? -------------------------------------------------------------------------


def planted() -> Canaries:
    canaries = Canaries()
    canaries.add("new password", NEW)
    return canaries


@pytest.mark.parametrize("dress", range(len(list(dresses(NEW.encode())))))
def test_a_planted_one_is_seen_in_every_dress(dress: int) -> None:
    name, written = list(dresses(NEW.encode()))[dress]
    assert any(seen.endswith(name) for seen in planted().found_in(b"before" + written + b"after"))


@pytest.mark.parametrize("shift", range(3))
@pytest.mark.parametrize("tail", range(3))
def test_a_planted_one_is_seen_inside_longer_base64(shift: int, tail: int) -> None:
    written = base64.b64encode(b"x" * shift + NEW.encode() + b"y" * tail)
    assert planted().found_in(written) == ["new password, base64", "new password, base64"]


def test_a_planted_one_is_seen_in_a_log() -> None:
    root = logging.getLogger()
    before, level, stream = root.handlers[:], root.level, io.StringIO()
    try:
        configure("info", stream)
        # By its own words, as a careless line would: what is only filled in, the log leaves out by itself.
        logging.getLogger("keyback.careless").warning(f"setting {NEW}")
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    assert planted().found_in(stream.getvalue().encode()) == ["new password, JSON"]


def test_a_planted_one_is_seen_in_an_address(journey: Journey) -> None:
    other = Journey(journey.keyback, journey.post, journey.slapd)
    browser = journey.keyback.browser()
    other.browsers.append(browser)
    browser.get(f"/recover?login_hint={quote(NEW, safe='')}")
    assert planted().found_in(other.addresses()) == ["new password, URL"]


def test_a_planted_one_is_seen_in_a_database_that_forgot_it(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with sqlite3.connect(tmp_path / "data" / "keyback.db") as tx:
        tx.execute("CREATE TABLE t (x TEXT)")
        tx.execute("INSERT INTO t VALUES (?)", (NEW,))
    tx.close()
    assert planted().found_in((tmp_path / "data" / "keyback.db").read_bytes()) == ["new password, plain"]
