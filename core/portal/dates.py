"""Days as people say them. Times carry their zone, because the server doesn't know the reader's clock."""

from __future__ import annotations

from datetime import UTC, datetime

from ..contracts.text import Text

DAYS = (
    Text("Monday"), Text("Tuesday"), Text("Wednesday"), Text("Thursday"),
    Text("Friday"), Text("Saturday"), Text("Sunday"),
)  # fmt: skip
MONTHS = (
    Text("January"), Text("February"), Text("March"), Text("April"), Text("May"), Text("June"),
    Text("July"), Text("August"), Text("September"), Text("October"), Text("November"), Text("December"),
)  # fmt: skip


def day(at: datetime) -> Text:
    """3 March 2026."""
    at = at.astimezone(UTC)
    return Text("{day} {month} {year}", day=at.day, month=MONTHS[at.month - 1], year=at.year)


def moment(at: datetime) -> Text:
    """Tuesday, 24 November, 10:30 (UTC)."""
    at = at.astimezone(UTC)
    date = Text("{weekday}, {day} {month}", weekday=DAYS[at.weekday()], day=at.day, month=MONTHS[at.month - 1])
    return Text("{date}, {time} (UTC)", date=date, time=f"{at:%H:%M}")
