"""A console in which something of everything was made, so that every page and every form of it can be seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from keyback.core.contracts.brand import Brand
from keyback.core.contracts.plugin import Plugin
from keyback.core.contracts.question_set import Question, QuestionSet
from keyback.core.recovery.policy import Audience, Policy, PublicRules
from keyback.core.recovery.policy_order import arranged
from keyback.core.service.administrators.actor import Actor
from keyback.core.service.ruling.kept_rules import Change

from .campaigning import Listed
from .console_forms import words
from .console_pages import Walk, read
from .desk import BO
from .parts_house import NOBODYS, works
from .small_console import SmallConsole, console_of, opened, small_console

INES = Actor("ines", "Ines Roth")
WHY = {"why": "the walk"}
NURSES = Policy("nurses", audience=Audience(groups=frozenset({"nurses"})))
WORDS = "account_notice.password-set"
MADE: Mapping[str, Mapping[str, Any]] = {
    "/admin/entries/new/link": {"door": "intranet", "called": "Intranet", "home_url": "https://intranet.example/"},
    "/admin/entries/new/oidc": {
        "door": "idp", "called": "Sign-in", "redirect_uris": "https://idp.example/cb", "store": "fake",
        "subject": "id", "proof": "secret", "pkce": "y", "nonce": "y",
    },
    "/admin/signals/new": {
        "key": "siem", "name": "Our SIEM", "audience": "https://siem.example.org", "store": "fake", "naming": "mail",
        "endpoint": "https://siem.example.org/events",
    },
    "/admin/files/new": {"what": "report", "every": "week", "to": "it@acme.example"},
}  # fmt: skip


@contextmanager
def lived_in(
    migrated: Path, folder: Path, others: Mapping[tuple[str, str], type[Plugin]] = NOBODYS, **more: Any
) -> Iterator[SmallConsole]:
    """Somebody who may do everything stands in front of it. `others`: plugins of somebody else's, switched on."""
    outfit = {"directory": Listed(), "signals": True, "file_domains": ("acme.example",), **more}
    with (
        opened(migrated, folder, **outfit) as plain,
        closing(works(f"sqlite:///{folder / 'keyback.db'}", folder, plain.house.clock, others)) as process,
    ):
        console = small_console(plain.house, console=console_of(plain.house, parts=process.parts))
        for kind, key in others:
            process.switch(kind, key, on=True, why="the walk")
        _save_rules(console)
        for address, typed in MADE.items():
            made = console.post(address, {**typed, **WHY})
            assert made.status_code in {200, 303}, words(made)
        _help(console)
        yield console


def seen(console: SmallConsole) -> Walk:
    """Every page that links lead to, from Home and from somebody's own page on."""
    people = [found(console, name) for name in ("jo", "kim")]
    (campaign,) = console.services.people.campaigns.listed(None)
    # What is linked only as long as there is need for it.
    others = (f"{people[0]}/lift", f"/admin/campaigns/{campaign.id}/resume", "/admin/questions/accept")
    return Walk(console).from_("/admin/", *people, *others)


def found(console: SmallConsole, name: str) -> str:
    """Where the page about somebody is."""
    return str(console.post("/admin/people/", {"name": name}).location)


def _save_rules(console: SmallConsole) -> None:
    house, services = console.house, console.services
    with house.records.db.write() as tx:
        house.records.settings.save_public_rules(tx, PublicRules(), who="Ines", why="first")
        house.records.settings.save_policies(tx, arranged([NURSES, Policy("everybody")]), who="Ines", why="first")
    house.snapshots.look_again()
    room, brand = services.control_room, services.brand
    room.policies.save(arranged([NURSES, Policy("all")]), Change(INES, "second", room.policies.now().version))
    room.public.save(replace(PublicRules(), answers_per_challenge=4), Change(INES, "second", room.public.now().version))
    for name in ("Alderwick", "Acme"):
        brand.save(Brand(name, help_desk="123"), Change(INES, name, brand.now().version))
    for asked in ("Where was it?", "Who was it?"):
        sets = (QuestionSet("Everybody", (Question(asked, {"en": asked}),)),)
        services.questions.save(sets, Change(INES, asked, services.questions.now().version))
    wording = services.wordings.wordings()[WORDS]
    for begin in ("Good day", "Hello"):
        places = services.wordings.words(wording, {})
        said = {place: f"{begin} {words}" if place[0] == "en" else words for place, words in places.items()}
        services.wordings.save(wording, said, Change(INES, begin, services.wordings.now().version))


def _help(console: SmallConsole) -> None:
    """A call, a campaign, and something for two administrators to decide."""
    house = console.house
    house.add("boss", privileged=True)
    # Nothing of theirs proves enough.
    house.add("kim", contacts=())
    house.staff.counting.work()
    for who in (console, console.colleague()):
        page = found(who, "boss")
        (remove,) = (link for link in read(page, who.get(page).text).links if "/remove/" in link)
        asked = who.post(remove, WHY)
        assert asked.status_code == 200, words(asked)
    begins = house.clock() + timedelta(hours=1)
    plan = {
        "what": "reset", "stores": "fake", "opens_at": f"{begins:%Y-%m-%d %H:%M}", "from_hour": "0",
        "closes_at": f"{begins + timedelta(days=1):%Y-%m-%d %H:%M}", "until_hour": "24", "per_hour": "1",
        "messages": "100", "most_failures": "20", "people": "2", "notice_hours": "0", "money": "0", "press": "put",
        **WHY,
    }  # fmt: skip
    made = console.post("/admin/campaigns/new", plan)
    assert made.status_code == 303, words(made)
    campaigns = console.services.people.campaigns
    campaigns.approvals.approve(BO, campaigns.listed(None)[0].approval)
    console.house.start().prove_by_mail()
