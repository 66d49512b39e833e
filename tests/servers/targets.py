"""Every page of the app as somebody asks it who holds a recovery, a good cookie and a good form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from werkzeug.routing import Map, Rule

from keyback.config.app import create_app
from keyback.config.house import build
from keyback.config.loading import load

from .keyback import Keyback
from .story import NEW, Post, Story

ANY = {"move": "continue", "identifier": "jo", "code": "12345678", "new_password": NEW, "offer": "email"}


@dataclass(frozen=True)
class Target:
    """A page, and the form that it would take."""

    endpoint: str
    verb: str
    path: str
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    cookie: tuple[str, str] = field(default=("", ""), repr=False)


@dataclass(frozen=True)
class Held:
    """A recovery that stands somewhere, with everything that the next step needs."""

    story: Story
    fields: Mapping[str, str] = field(repr=False)

    @property
    def cookie(self) -> tuple[str, str]:
        """The journey's, name and value."""
        return next((name, value) for name, value in self.story.browser.cookies.items() if name.endswith("kb_j"))


def urls(keyback: Keyback) -> Map:
    """The app's own list of addresses, so that nobody has to remember to add one here."""
    house = build(load({}, keyback.folder))
    try:
        return create_app(house).url_map
    finally:
        house.close()


def targets(addresses: Map, held: Sequence[Held], link: str) -> list[Target]:
    """One for each address, verb and recovery. `link` is where a notice leads whoever says "this wasn't me"."""
    return [
        target
        for rule in addresses.iter_rules()
        for verb in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        for target in _of(rule, verb, held, link)
    ]


def _of(rule: Rule, verb: str, held: Sequence[Held], link: str) -> Iterator[Target]:
    whose = held if "recovery_id" in rule.arguments else held[:1]
    for one in whose:
        values = {"recovery_id": one.story.recovery_id, "entry": "alderwick", "token": link.rpartition("/")[2]}
        cookie = one.cookie if "recovery_id" in rule.arguments else ("", "")
        yield Target(rule.endpoint, verb, _path(rule, values), _form(rule, one) if verb == "POST" else {}, cookie)


def _path(rule: Rule, values: Mapping[str, str]) -> str:
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda part: values.get(part[1], "odd"), rule.rule)


def _form(rule: Rule, held: Held) -> Mapping[str, str]:
    match rule.endpoint.rpartition(".")[2]:
        case "move":
            return held.fields
        case "password":
            return {"token": held.fields["token"], "new_password": NEW}
        case "start":
            return {"identifier": held.story.name, "proof_of_work": "e30=", "entry": "alderwick", "return_to": "x"}
        case "stop":
            return {"move": "stop"}
    return {**ANY, "token": held.fields["token"]}


def in_every_stage(stories: Sequence[Story], post: Post) -> list[Held]:
    """Six people: who chooses, who answers, who chooses again, who renews, who is done, and who gave up."""
    choosing, answering, again, renewing, done, closed = stories
    for story in stories:
        story.start()
    held = [_hold(choosing, offer="email")]
    answering.pick_mail()
    held.append(_hold(answering, code=post.mail_code(answering.mail)))
    again.pick_mail()
    again.type_code(post.mail_code(again.mail))
    held.append(_hold(again, offer=again._offer("sms")))
    for story in (renewing, done):
        story.prove()
    held.append(_hold(renewing, new_password=NEW, new_password_again=NEW))
    late = _hold(done, new_password=NEW, new_password_again=NEW)
    done.renew()
    cancelled = _hold(closed, offer="email")
    closed.press("cancel")
    stages = [story.here().stage for story in stories]
    assert stages == ["choosing", "answering", "choosing", "renewing", "done", "closed"], stages
    return [*held, late, cancelled]


def _hold(story: Story, **typed: str) -> Held:
    return Held(story, {"token": story.here().form.fields["token"], "move": "continue", **typed})
