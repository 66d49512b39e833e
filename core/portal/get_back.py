"""Whether a person could get back in today, in words: what is asked for, what they have, and what would help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..contracts.text import Text
from ..service.enrolling.my_methods import GetBack

BY_HAND = Text("Your organisation resets this account by hand. Call the help desk.")
STOPPED = Text("Self-service is stopped for your account")
# What a person has, and what one could add. A method of somebody else's goes by its own name.
HAVE: Mapping[str, Text] = {
    "sms": Text("your phone"),
    "voice": Text("your phone"),
    "email": Text("your e-mail"),
    "authenticator": Text("your authenticator app"),
    "webauthn": Text("a passkey"),
    "phone_approval": Text("approval on your phone"),
    "saved_codes": Text("your saved codes"),
    "questions": Text("your security questions"),
}
ADD: Mapping[str, Text] = {
    "sms": Text("a phone"),
    "voice": Text("a phone"),
    "email": Text("an e-mail"),
    "authenticator": Text("an authenticator app"),
    "webauthn": Text("a passkey"),
    "phone_approval": Text("approval on your phone"),
    "saved_codes": Text("saved codes"),
    "questions": Text("security questions"),
}


@dataclass(frozen=True, slots=True)
class Panel:
    """The answer on top of the list."""

    yes: bool
    heading: Text
    lines: tuple[Text, ...]


def panel(get_back: GetBack, called: Mapping[str, Text | str]) -> Panel:
    """In words; `called`: what methods are called that have no words of their own here."""
    if get_back.refusal:
        return Panel(False, _heading(yes=False), (STOPPED if get_back.refusal == "frozen" else BY_HAND,))
    lines = [_asked(get_back.asked_for), _has(_things(get_back, called), yes=get_back.yes)]
    more = list(dict.fromkeys(ADD.get(key) or called.get(key, key) for key in get_back.help))
    if more and not get_back.yes:
        lines.append(Text("Add {things}.", things=_either(more)))
    return Panel(get_back.yes, _heading(yes=get_back.yes), tuple(lines))


def had(get_back: GetBack, called: Mapping[str, Text | str]) -> Text | str:
    """What they have, as a list."""
    return all_of(_things(get_back, called))


def _things(get_back: GetBack, called: Mapping[str, Text | str]) -> list[Text | str]:
    # Texts and calls reach one phone, and it is one thing that they have.
    return list(dict.fromkeys(HAVE.get(key) or called.get(key, key) for key in get_back.have))


def all_of(things: Sequence[Text | str]) -> Text | str:
    """One and another."""
    return things[0] if len(things) == 1 else Text("{list} and {last}", list=_row(things[:-1]), last=things[-1])


def _either(things: Sequence[Text | str]) -> Text | str:
    return things[0] if len(things) == 1 else Text("{list} or {last}", list=_row(things[:-1]), last=things[-1])


def _row(things: Sequence[Text | str]) -> Text | str:
    row = things[0]
    for thing in things[1:]:
        row = Text("{list}, {next}", list=row, next=thing)
    return row


def _heading(*, yes: bool) -> Text:
    return Text("You could get back in today: yes") if yes else Text("You could get back in today: no")


def _asked(count: int) -> Text:
    if count == 2:
        return Text("Your organisation asks for two different kinds of proof.")
    return Text.plural(
        "Your organisation asks for one proof.", "Your organisation asks for {n} different kinds of proof.", n=count
    )


def _has(things: Sequence[Text | str], *, yes: bool) -> Text:
    if not things:
        return Text("You have none yet.")
    if len(things) == 1 and not yes:
        return Text("You have one: {thing}.", thing=things[0])
    return Text("You have {things}.", things=all_of(things))
