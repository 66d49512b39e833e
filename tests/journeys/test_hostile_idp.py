"""Whatever a hostile identity provider says, or whoever stands between: nobody is in, and the reason is on record.

The whole way over HTTP, from the link on our page to the cookie; what each judge of it refuses is tested beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from pretend_portal import ORIGIN, portal_settings
from servers.doors import doors
from servers.hostile_idp import KEYS, OURS, SUBJECT, HostileIdp, at, hostile_idp, ours, unsigned
from servers.small_house import SmallHouse, small_house
from sqlalchemy import select

from keyback.core.db import tables
from keyback.core.db.session import Database
from keyback.core.portal import SignInPages, create_portal, create_sign_in
from keyback.core.recovery.state import Stage
from keyback.core.service.enrolling.door import open_door
from keyback.core.service.enrolling.signing_in import SessionRules
from keyback.idp_bridge.sign_in import SignIn

SESSION = "__Host-kb_s"
DISCOVERY = "/.well-known/openid-configuration"


@dataclass
class Jo:
    """Somebody at a browser, whose company's identity provider has fallen into bad hands."""

    house: SmallHouse
    idp: HostileIdp
    door: SignIn
    browser: FlaskClient
    # How many seconds the house has run, which is another clock than the one on the wall.
    runs: list[float] = field(default_factory=lambda: [0.0])

    def get(self, path: str) -> Any:
        return self.browser.get(path, base_url=ORIGIN)

    def sets_out(self, *, fresh: bool = False) -> dict[str, str]:
        """What the identity provider is asked, by the address to which the browser is sent."""
        there = self.get("/sign-in?to=/methods" + ("&again=yes" if fresh else ""))
        assert there.status_code == 303
        return dict(parse_qsl(urlsplit(there.location).query))

    def is_vouched_for(self, asked: dict[str, str], **claims: object) -> None:
        """What an honest one would say, with these claims instead."""
        now = self.house.clock()
        times = {"iat": at(now), "exp": at(now) + 300, "auth_time": at(now)}
        self.idp.claims = {"nonce": asked["nonce"], **times, **claims}

    def comes_back(self, asked: dict[str, str], **answer: str) -> Any:
        query = {"code": "a-code", "state": asked["state"], "iss": self.idp.issuer, **answer}
        return self.browser.get("/sign-in/callback", query_string=query, base_url=ORIGIN)

    def reasons(self) -> list[str]:
        """Why somebody was not let in, as the log of events says it."""
        named = tables.event.c.name == "sign-in.failed"
        with self.house.records.db.read() as tx:
            rows = tx.execute(select(tables.event.c.data).where(named)).all()
        return sorted(json.loads(row.data)["reason"] for row in rows)


@pytest.fixture
def jo(database: Database) -> Iterator[Jo]:
    house = small_house(database)
    with hostile_idp() as idp:
        idp.document["authorization_response_iss_parameter_supported"] = True
        # Known before it is ever asked: it may be away when Keyback starts.
        there = ours(idp)
        settings = portal_settings(now=house.clock)
        rules = SessionRules("fake", idle=timedelta(minutes=15), longest=OURS.oldest)
        pages = SignInPages(open_door(house.staff, there, rules), settings)
        app = Flask(__name__, static_folder=None)
        app.register_blueprint(create_sign_in(pages, settings))
        whoever = pages.whoever_is_signed_in
        app.register_blueprint(create_portal(house.service, doors(), settings, whoever_is_signed_in=whoever))
        jo = Jo(house, idp, there, app.test_client())
        there._idp.clock = lambda: jo.runs[0]
        yield jo


def is_let_in(jo: Jo, back: Any) -> bool:
    """By the page, by the cookie, and by the next page's greeting; all three say the same."""
    cookie = any(each.startswith(f"{SESSION}=") for each in back.headers.getlist("Set-Cookie"))
    greeted = 'href="/sign-out"' in jo.get("/").text
    assert (back.status_code == 200) == cookie == greeted
    return cookie


def test_an_honest_one_lets_jo_in(jo: Jo) -> None:
    asked = jo.sets_out()
    jo.is_vouched_for(asked)
    assert is_let_in(jo, jo.comes_back(asked))
    assert jo.reasons() == []


def words(page: Any) -> str:
    return re.sub(r'nonce="[^"]*"', "", page.text)


Trick: TypeAlias = Callable[[Jo, dict[str, str]], dict[str, str] | None]


def nobody_signs(jo: Jo, asked: dict[str, str]) -> None:
    jo.idp.make_token = unsigned


def for_another_client_with_our_name_beside_it(jo: Jo, asked: dict[str, str]) -> None:
    jo.is_vouched_for(asked, aud="other", azp="keyback")


def of_another_sign_in(jo: Jo, asked: dict[str, str]) -> None:
    jo.is_vouched_for(asked, nonce=jo.sets_out()["nonce"])


def proven_yesterday(jo: Jo, asked: dict[str, str]) -> None:
    jo.is_vouched_for(asked, auth_time=at(jo.house.clock() - timedelta(hours=20)))


def never_proven(jo: Jo, asked: dict[str, str]) -> None:
    jo.is_vouched_for(asked)
    jo.idp.without = {"auth_time"}


def in_another_issuers_name(jo: Jo, asked: dict[str, str]) -> dict[str, str]:
    return {"iss": "https://evil.example"}


def with_a_key_that_was_never_there(jo: Jo, asked: dict[str, str]) -> None:
    jo.idp.key = KEYS["stranger"]


def two_minutes_ahead(jo: Jo, asked: dict[str, str]) -> None:
    then = at(jo.house.clock()) + 120
    jo.is_vouched_for(asked, iat=then, exp=then + 300, auth_time=then)


def two_minutes_behind(jo: Jo, asked: dict[str, str]) -> None:
    then = at(jo.house.clock()) - 120
    jo.is_vouched_for(asked, iat=then - 60, exp=then)


@pytest.mark.parametrize(
    ("trick", "reason"),
    [
        (nobody_signs, "signature"),
        (for_another_client_with_our_name_beside_it, "aud"),
        (of_another_sign_in, "nonce"),
        (proven_yesterday, "auth_time"),
        (never_proven, "auth_time"),
        (in_another_issuers_name, "other-issuer"),
        (with_a_key_that_was_never_there, "key"),
        (two_minutes_ahead, "iat"),
        (two_minutes_behind, "expired-or-clock"),
    ],
)
def test_a_trick_lets_nobody_in_and_the_way_back_is_used_up(jo: Jo, trick: Trick, reason: str) -> None:
    asked = jo.sets_out()
    jo.is_vouched_for(asked)
    back = jo.comes_back(asked, **(trick(jo, asked) or {}))
    assert not is_let_in(jo, back)
    assert jo.reasons() == [reason]
    # The page tells whoever plays tricks nothing: it reads as for somebody who never set out.
    assert words(back) == words(jo.comes_back({"state": "made-up"}))
    # Honest too late: this answer was heard.
    jo.idp.make_token, jo.idp.key, jo.idp.without = None, KEYS["first"], set()
    jo.is_vouched_for(asked)
    assert not is_let_in(jo, jo.comes_back(asked))
    # What anybody can bring about is written down once.
    assert jo.reasons() == sorted([reason, "no-such-way-back"])


def test_whoever_must_be_fresh_is_not_by_a_proof_from_before_they_left(jo: Jo) -> None:
    before = at(jo.house.clock() - timedelta(minutes=2))
    asked = jo.sets_out(fresh=True)
    assert (asked["max_age"], asked["prompt"]) == ("0", "login")
    jo.is_vouched_for(asked, auth_time=before)
    assert not is_let_in(jo, jo.comes_back(asked))
    assert jo.reasons() == ["auth_time"]


def test_a_withdrawn_key_opens_nothing_once_five_minutes_are_over(jo: Jo) -> None:
    asked = jo.sets_out()
    jo.is_vouched_for(asked)
    assert is_let_in(jo, jo.comes_back(asked))
    jo.browser.delete_cookie(SESSION, domain="reset.alderwick.example")
    # Stolen, and withdrawn: the thief goes on signing with it.
    jo.idp.published = [KEYS["second"]]
    jo.runs[0] = timedelta(minutes=5, seconds=1).total_seconds()
    asked = jo.sets_out()
    jo.is_vouched_for(asked)
    assert not is_let_in(jo, jo.comes_back(asked))
    assert jo.reasons() == ["key"]


def test_one_that_is_down_when_we_start_keeps_nobody_from_a_reset_and_is_used_once_it_is_up(jo: Jo) -> None:
    jo.idp.instead[DISCOVERY] = lambda: Response("", 503)
    page = jo.get("/sign-in")
    assert page.status_code == 503
    assert "You can’t sign in right now." in page.text
    assert jo.house.start().prove_by_mail().recovery.stage is not Stage.CLOSED
    jo.idp.instead.clear()
    asked = jo.sets_out()
    jo.is_vouched_for(asked)
    assert is_let_in(jo, jo.comes_back(asked))


def test_two_tabs_both_arrive_and_neither_takes_the_other_s_answer(jo: Jo) -> None:
    first, second = jo.sets_out(), jo.sets_out()
    assert first["nonce"] != second["nonce"]
    jo.is_vouched_for(second)
    assert is_let_in(jo, jo.comes_back(second))
    jo.is_vouched_for(second)
    # The other tab's answer with this tab's state: signed in it stays, and nobody new comes in by it.
    assert jo.comes_back(first).status_code == 403
    assert jo.reasons() == ["nonce"]
    third = jo.sets_out()
    jo.is_vouched_for(third)
    assert is_let_in(jo, jo.comes_back(third))


def test_an_answer_that_is_replayed_opens_nothing_in_any_browser(jo: Jo) -> None:
    asked = jo.sets_out()
    jo.is_vouched_for(asked)
    assert is_let_in(jo, jo.comes_back(asked))
    redeemed = len(jo.idp.forms)
    assert jo.comes_back(asked).status_code == 403
    # A thief who read the address, and has everything but the cookie.
    jo.browser = jo.browser.application.test_client()
    assert not is_let_in(jo, jo.comes_back(asked))
    assert jo.reasons() == ["no-such-way-back"]
    # Refused before anybody is asked: the code is not sent a second time.
    assert len(jo.idp.forms) == redeemed


def test_somebody_else_s_answer_does_not_sign_a_victim_in_as_the_attacker(jo: Jo) -> None:
    asked = jo.sets_out()
    jo.is_vouched_for(asked)
    attacker, jo.browser = jo.browser, jo.browser.application.test_client()
    jo.sets_out()
    assert not is_let_in(jo, jo.comes_back(asked))
    jo.browser = attacker
    assert is_let_in(jo, jo.comes_back(asked))


def test_a_subject_that_nobody_here_has_is_nobody(jo: Jo) -> None:
    asked = jo.sets_out()
    jo.is_vouched_for(asked, sub=SUBJECT, preferred_username="nobody.at.all")
    back = jo.comes_back(asked)
    assert not is_let_in(jo, back)
    assert jo.reasons() == ["unknown"]
