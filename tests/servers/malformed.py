"""Requests that are wrong in one to three ways, drawn by number: the same number draws the same again.

Each begins as one that the server would take. Every way of being wrong is enough for it to be refused, so that a
request that gets through shows.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import quote_plus

from . import odd
from .broken_http import BREAKS
from .targets import Target

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Malformed:
    """One of them. `sound`: HTTP itself is whole, so there must be an answer."""

    number: str
    endpoint: str
    ways: tuple[str, ...]
    raw: bytes = field(repr=False)
    sound: bool
    ends: bool
    pause: float


@dataclass
class _Draft:
    """A request that is still being spoilt."""

    chance: random.Random
    host: str
    target: Target
    verb: str
    where: str
    headers: dict[str, str]
    pairs: list[tuple[bytes, bytes]]
    body: bytes | None = None

    def of(self, choices: Sequence[str]) -> str:
        """One of them, filled in."""
        name, value = self.target.cookie
        given = {"host": self.host, "n": name, "c": value, "p": self.where}
        chosen = self.chance.choice(choices)
        for key, what in given.items():
            chosen = chosen.replace(f"{{{key}}}", what)
        return chosen

    def raw(self) -> bytes:
        """As it goes over the wire."""
        body = b"&".join(b"=".join(pair) for pair in self.pairs) if self.body is None else self.body
        lines = [f"{self.verb} {self.where} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items() if value]
        if self.verb == "POST" or body:
            lines.append(f"Content-Length: {len(body)}")
        return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1") + body


Way: TypeAlias = Callable[[_Draft], None]


def draw(number: int, seed: str, host: str, targets: Sequence[Target]) -> Malformed:
    """The request with this number."""
    chance = random.Random(f"{seed}-{number}")
    target = chance.choice(targets)
    draft = _Draft(
        chance, host, target, target.verb, target.path, _headers(target, host, chance), _pairs(target.fields)
    )
    ways = _ways(draft)
    for way in ways:
        way(draft)
    raw, sound, ends, names = draft.raw(), True, False, [way.__name__.strip("_") for way in ways]
    if chance.random() < 0.2:
        name = chance.choice(sorted(BREAKS))
        raw, sound, ends = BREAKS[name](raw, chance), False, True
        names.append(name)
    pause = 0.02 if chance.random() < 0.01 else 0.0
    return Malformed(f"{seed}-{number}", target.endpoint, tuple(names), raw, sound, ends, pause)


def _headers(target: Target, host: str, chance: random.Random) -> dict[str, str]:
    name, value = target.cookie
    return {
        "Host": host,
        # Everybody comes from elsewhere: it is the parsers that are looked for, not the limits before them.
        "X-Forwarded-For": ".".join(str(chance.randrange(1, 255)) for _ in range(4)),
        "Cookie": f"{name}={value}" if value else "",
        "Sec-Fetch-Site": "same-origin",
        "Content-Type": FORM if target.verb == "POST" else "",
    }


def _pairs(fields: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(quote_plus(name).encode(), quote_plus(value).encode()) for name, value in fields.items()]


def _ways(draft: _Draft) -> list[Way]:
    """One to three ways; never two of one kind, or the second could undo the first."""
    kinds: list[Sequence[Way]] = [[_target], [_verb], [_host]]
    if draft.target.cookie[1]:
        kinds.append([_cookie])
    if draft.target.verb == "POST":
        # Most of it belongs to the forms: behind them are the parsers.
        kinds += [[_site], [_type], *[_OF_BODIES] * 6]
    chosen = list(
        {id(kind): kind for kind in draft.chance.choices(kinds, k=draft.chance.choice((1, 1, 1, 2, 3)))}.values()
    )
    return [draft.chance.choice(kind) for kind in chosen] + draft.chance.choice(([], [], [_query], [_extra]))


# Ways to be wrong ---------------------------------------------------------------------------------------------


def _target(draft: _Draft) -> None:
    draft.where = draft.of(odd.TARGETS)


def _verb(draft: _Draft) -> None:
    draft.verb = draft.of(odd.VERBS)


def _host(draft: _Draft) -> None:
    draft.headers["Host"] = draft.of(odd.HOSTS)


def _cookie(draft: _Draft) -> None:
    draft.headers["Cookie"] = draft.of(odd.COOKIES)


def _site(draft: _Draft) -> None:
    draft.headers["Sec-Fetch-Site"] = draft.of(odd.SITES)
    if not draft.headers["Sec-Fetch-Site"]:
        draft.headers["Origin"] = draft.of(("null", "https://evil.example", "http://{host}", odd.MARK))


def _type(draft: _Draft) -> None:
    draft.headers["Content-Type"] = draft.of(odd.TYPES)


def _value(draft: _Draft) -> None:
    place = draft.chance.randrange(len(draft.pairs))
    name, _ = draft.pairs[place]
    draft.pairs[place] = (name, draft.of(odd.VALUES).encode())


def _encoding(draft: _Draft) -> None:
    place = draft.chance.randrange(len(draft.pairs))
    name, value = draft.pairs[place]
    draft.pairs[place] = (name, value + draft.chance.choice(odd.ENCODINGS))


def _twice(draft: _Draft) -> None:
    name, value = draft.chance.choice(draft.pairs)
    draft.pairs.insert(draft.chance.randrange(len(draft.pairs)), (name, draft.chance.choice((value, b"", b"null"))))


def _unknown(draft: _Draft) -> None:
    draft.pairs.append((draft.of(odd.NAMES).encode(), b"1"))


def _missing(draft: _Draft) -> None:
    draft.pairs.pop(draft.chance.randrange(len(draft.pairs)))


def _crowd(draft: _Draft) -> None:
    draft.pairs += [(b"x%d" % n, b"1") for n in range(draft.chance.choice((50, 51, 900)))]


def _huge(draft: _Draft) -> None:
    place = draft.chance.randrange(len(draft.pairs))
    draft.pairs[place] = (draft.pairs[place][0], b"1" * draft.chance.choice((65_536, 66_000, 66_000, 1_048_576)))


def _no_form(draft: _Draft) -> None:
    draft.body = draft.chance.choice(odd.BODIES)


def _query(draft: _Draft) -> None:
    draft.where += draft.of(odd.QUERIES)


def _extra(draft: _Draft) -> None:
    name, value = draft.chance.choice(odd.EXTRAS)
    draft.headers[name] = value


_OF_BODIES: Sequence[Way] = (_value, _value, _value, _encoding, _twice, _unknown, _missing, _crowd, _huge, _no_form)
