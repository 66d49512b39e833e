"""What the clock does to a recovery, page by page, and that it costs the same whoever is meant."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from flask.testing import FlaskClient
from servers.browser import Page
from servers.doors import doors
from servers.small_house import NEW, SmallHouse, small_house
from sqlalchemy import event

from keyback.core.contracts.brand import Brand
from keyback.core.db.session import Database
from keyback.core.portal import PortalSettings, create_portal

ORIGIN = "https://reset.example.org"


@dataclass
class Person:
    """Somebody at a browser, in front of a house whose clock the test moves."""

    house: SmallHouse
    client: FlaskClient
    path: str

    def look(self) -> Page:
        answer = self.client.get(self.path, base_url=ORIGIN)
        return Page(answer.status_code, self.path, dict(answer.headers), answer.text)

    def send(self, move: str = "continue", **fields: str) -> Page:
        token = self.look().form.fields["token"]
        answer = self.client.post(self.path, base_url=ORIGIN, data={"token": token, "move": move, **fields})
        self.house.work()
        if answer.status_code == 303:
            return self.look()
        return Page(answer.status_code, self.path, dict(answer.headers), answer.text)

    def code(self) -> str:
        """The newest code that was mailed."""
        return str(self.house.sent("email")[-1].subject).partition(" ")[0]


@pytest.fixture
def house(database: Database) -> SmallHouse:
    return small_house(database)


def arrive(house: SmallHouse, name: str = "jo") -> Person:
    app = Flask(__name__, static_folder=None)
    look = PortalSettings(lambda: Brand("Acme", help_desk="123"), ORIGIN, now=house.clock)
    app.register_blueprint(create_portal(house.service, doors(), look))
    visit = house.start(name)
    client = app.test_client()
    client.set_cookie("__Host-kb_j", f"{visit.ticket.recovery_id}.{visit.ticket.key}", domain="reset.example.org")
    house.work()
    return Person(house, client, f"/recover/{visit.ticket.recovery_id}")


@pytest.fixture
def jo(house: SmallHouse) -> Person:
    return arrive(house)


def test_another_code_after_half_a_minute_and_then_the_newest_one_counts(jo: Person, house: SmallHouse) -> None:
    jo.send(offer="email")
    first = jo.code()
    assert jo.send("again").status == 429
    house.clock.forward(seconds=30)
    page = jo.send("again")
    assert "Another code is on its way" in page.text
    assert len(house.sent("email")) == 2
    assert jo.send(code=first).status == 422
    assert "One more proof" in jo.send(code=jo.code()).text


def test_the_waits_grow_and_the_sends_end(jo: Person, house: SmallHouse) -> None:
    jo.send(offer="email")
    for seconds in (30, 60, 120, 300):
        house.clock.forward(seconds=seconds - 1)
        assert jo.send("again").status == 429
        house.clock.forward(seconds=1)
        assert jo.send("again").status == 200
    # Three in a quarter of an hour is all that one mailbox gets; the page says the same as before.
    assert len(house.sent("email")) == 3


def test_a_code_is_good_to_the_second(jo: Person, house: SmallHouse) -> None:
    jo.send(offer="email")
    house.clock.forward(minutes=14, seconds=59)
    # Asked meanwhile, or the page would have closed for want of a move.
    assert jo.send(code=jo.code()).stage == "choosing"


@pytest.mark.parametrize(("minutes", "stage"), [(14.9, "answering"), (15, "closed")])
def test_whoever_does_nothing_for_a_quarter_of_an_hour_begins_anew(jo: Person, minutes: float, stage: str) -> None:
    jo.send(offer="email")
    jo.house.clock.forward(minutes=minutes)
    assert jo.look().stage == stage


def test_twenty_minutes_are_all_and_the_page_says_why(jo: Person, house: SmallHouse) -> None:
    for _ in range(4):
        house.clock.forward(minutes=4.9)
        jo.send(offer="email")
    house.clock.forward(minutes=0.5)
    page = jo.look()
    assert page.stage == "closed"
    assert "Your time is up. For safety a try lasts 20 minutes. Nothing was changed." in page.text
    assert page.links("Start again") == ["/recover"]


def test_fifteen_more_minutes_once(jo: Person, house: SmallHouse) -> None:
    house.clock.forward(minutes=8)
    assert "Give me 15 more minutes" in jo.look().text
    jo.send("more_time")
    assert "more minutes" not in jo.look().text
    for _ in range(3):
        house.clock.forward(minutes=8)
        assert jo.send(offer="saved_codes").stage == "answering"
        jo.send("back")
    house.clock.forward(minutes=4)
    assert jo.look().stage == "closed"


def test_whoever_is_done_elsewhere_is_told_here(house: SmallHouse) -> None:
    one, other = arrive(house), arrive(house)
    for person in (one, other):
        person.send(offer="email")
        assert person.send(code=person.code()).stage == "choosing"
    offer = next(value for value in one.look().form.radios["offer"] if value.startswith("saved_codes"))
    one.send(offer=offer)
    one.send(code=house.paper[0])
    assert one.send(new_password=NEW, new_password_again=NEW).stage == "done"
    page = other.look()
    assert page.stage == "closed"
    assert "Your password was set in another window" in page.text


def work_of(person: Person) -> list[list[str]]:
    """What our own database is asked at each step, by the kind of statement and the table."""
    done: list[list[str]] = [[]]
    engine = person.house.records.db._engine

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        done[-1].append(" ".join(statement.split()[:3]))

    event.listen(engine, "before_cursor_execute", note)
    try:
        for fields in (
            {"offer": "email"}, {"code": "12345678"}, {"code": "12345679"}, {"move": "back"}, {"offer": "saved_codes"},
            {"code": "0123-4567-89AB-CDEF"}, {"move": "more_time"}, {"move": "again"}, {"move": "cancel"},
        ):  # fmt: skip
            token = person.look().form.fields["token"]
            done.append([])
            person.client.post(person.path, base_url=ORIGIN, data={"move": "continue", "token": token, **fields})
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return done


def test_every_step_asks_our_database_the_same_whoever_is_meant(house: SmallHouse) -> None:
    house.add("lee", privileged=True)
    nobody = work_of(arrive(house, "nobody"))
    assert sum(map(len, nobody)) > 20
    assert work_of(arrive(house, "jo")) == nobody
    assert work_of(arrive(house, "lee")) == nobody


def test_for_forty_minutes_nobody_and_somebody_wait_at_the_same_answers(house: SmallHouse) -> None:
    told = {}
    for name in ("jo", "nobody"):
        told[name] = statuses = []
        began, person = house.clock.time, arrive(house, name)
        for n in range(120):
            if person.look().stage != "answering":
                person = arrive(house, name)
                person.send(offer="email")
            page = person.send(code=f"{10_000_000 + n}")
            statuses.append((n, page.status, page.stage))
            house.clock.forward(seconds=20)
        house.clock.time = began
    assert told["jo"] == told["nobody"]
    judged = [status for _, status, _ in told["jo"] if status == 422]
    assert len(judged) < 45
