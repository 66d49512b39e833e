"""Every field of the public rules that a page may change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from wtforms import RadioField

from ..core.contracts.text import Text
from ..core.recovery.policy import Disclosure
from .policy_fields import Row, Section
from .rule_inputs import Span, Ticks, Waits, Whole, listed

MINUTE = timedelta(minutes=1)
DISCLOSURES: Mapping[Disclosure, Text] = {
    Disclosure.GENERIC: Text("Methods only"),
    Disclosure.MASKED: Text("Masked ends"),
}


def sections(methods: Mapping[str, object], typed: Mapping[str, object], *, pinned: bool) -> tuple[Section, ...]:
    """The panels. `methods` may come first, `typed` are those whose destination can be typed."""
    shown = Row("disclosure", RadioField(Text("People see"), choices=listed(DISCLOSURES)), Disclosure)
    return (
        Section(Text("Before the first proof, show"), () if pinned else (shown,)),
        Section(
            Text("Methods to begin with"),
            (
                Row("methods", Ticks(Text("Everybody sees"), choices=methods), tuple),
                Row(
                    "type_destination",
                    Ticks(
                        Text("The whole number or address is typed before anything is sent"),
                        choices=typed,
                        description=Text("Without it a stranger can have messages sent to people by their name alone."),
                    ),
                    tuple,
                ),
            ),
            Text("The same for every name, whether we know it or not. Policies decide what counts afterwards."),
        ),
        _TIME,
        _LIMITS,
    )


def _minutes(label: Text, low: int, description: Text | None = None) -> Any:  # noqa: ANN401
    return Span(label, unit=MINUTE, low=low, high=60, description=description or "")


_TIME = Section(
    Text("Time"),
    (
        Row("lifetime", _minutes(Text("Minutes that a try lasts"), 5)),
        Row("idle", _minutes(Text("Minutes in which nothing may happen"), 5)),
        Row("more_time", _minutes(Text("More minutes, once, for who asks"), 0)),
    ),
)
_LIMITS = Section(
    Text("Limits"),
    (
        Row("answers_per_challenge", Whole(Text("Wrong answers per code"), low=1, high=10)),
        Row("sends_per_recovery", Whole(Text("Messages per try"), low=1, high=20)),
        Row(
            "resend_waits",
            Waits(
                Text("Seconds until another code may be asked for"),
                description=Text("One wait a line, each as long as the one before or longer: 30, 60, 120, 300."),
            ),
        ),
    ),
    Text("How many wrong answers a person has in a day follows from waits that grow to 15 minutes, about 100."),
)
