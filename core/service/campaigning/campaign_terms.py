"""What two administrators agree on, in words: what is done, what is let through because of it, and what it may cost."""

from __future__ import annotations

from collections.abc import Sequence

from ...contracts.text import Text
from ...db.campaigns import Kind, Plan
from ...recovery import limits
from ..norms import expected

RESET_OF = Text.plural(
    "{n} person must choose another password at their next sign-in: {stores}, {since} to {until} UTC",
    "{n} people must choose another password at their next sign-in: {stores}, {since} to {until} UTC",
    n=2,
)
INVITE_OF = Text.plural(
    "Invite {n} person to add a method: {stores}, {since} to {until} UTC",
    "Invite {n} people to add a method: {stores}, {since} to {until} UTC",
    n=2,
)
TOLD_BY_MAIL = Text.plural(
    "They are told {n} hour before, by e-mail.", "They are told {n} hours before, by e-mail.", n=2
)
TOLD_BY_TEXT_TOO = Text.plural(
    "They are told {n} hour before, by e-mail and text.", "They are told {n} hours before, by e-mail and text.", n=2
)
TOLD_NOTHING = Text("Nobody is told before.")
RAISED_FOR_A_RESET = Text(
    "Until it closes, limits that hold for everybody together are raised: for an hour by {starts}, "
    "{codes} and {misses}, and in all by what {people} come to."
)
RAISED_FOR_INVITATIONS = Text(
    "Until it closes, limits that hold for everybody together are raised: for an hour by {codes}, "
    "and in all by what {people} come to."
)
STARTS = Text.plural("{n} start", "{n} starts", n=2)
CODES = Text.plural("{n} code", "{n} codes", n=2)
MISSES = Text.plural("{n} wrong answer", "{n} wrong answers", n=2)
PEOPLE = Text.plural("{n} person", "{n} people", n=2)
COSTS = Text("Texts and calls may cost {money} of your currency more than the caps for a day allow, in all.")
COSTS_NOTHING = Text("The caps on what texts and calls cost are not raised.")


def about(plan: Plan, stores: Sequence[str]) -> Text:
    """What is done, as it waits for a second administrator. `stores`: as they are called."""
    words = RESET_OF if plan.kind is Kind.RESET else INVITE_OF
    groups = f" ({', '.join(plan.groups)})" if plan.groups else ""
    since, until = (f"{at:%Y-%m-%d %H:%M}" for at in (plan.opens_at, plan.closes_at))
    return words.filled(n=plan.people, stores=f"{', '.join(stores)}{groups}", since=since, until=until)


def terms(plan: Plan) -> tuple[Text, ...]:
    """What comes with it, a sentence each."""
    costs = COSTS.filled(money=plan.money) if plan.money else COSTS_NOTHING
    if plan.kind is Kind.INVITE:
        return _raised(plan), costs
    told = TOLD_BY_TEXT_TOO if plan.texts else TOLD_BY_MAIL
    return told.filled(n=plan.notice_hours) if plan.notice_hours else TOLD_NOTHING, _raised(plan), costs


def _raised(plan: Plan) -> Text:
    words = RAISED_FOR_A_RESET if plan.kind is Kind.RESET else RAISED_FOR_INVITATIONS
    more = expected("", plan)
    return words.filled(
        starts=STARTS.filled(n=more.in_window(limits.WEAK_SYSTEM_STARTS)),
        codes=CODES.filled(n=more.in_window(limits.SYSTEM_SENDS)),
        misses=MISSES.filled(n=more.in_window(limits.SYSTEM_MISSES)),
        people=PEOPLE.filled(n=plan.people),
    )
