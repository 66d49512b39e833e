"""Microsoft Graph: questions with patience, orders that are never repeated blindly."""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from ...core import OutcomeUnknown, StoreUnavailable, Text
from ._budget import Budget
from ._entra_tokens import Tokens
from ._https import Https, Lost, Said

log = logging.getLogger(__name__)

# In seconds: how long to rest where Graph asks for patience and does not say for how long.
REST = 1.0
# Whoever has no license for eligible roles is told so at every look-up: that is no fault of anybody's.
UNLICENSED = "AadPremiumLicenseRequired"

Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What Graph said: a status, its fields, and in a refusal its own word for it."""

    status: int
    fields: Fields = field(default_factory=dict, repr=False)
    rest: float = REST

    @property
    def code(self) -> str:
        """Graph's word for what is wrong; nothing that was sent can be in it."""
        said = self._error.get("code")
        return said if isinstance(said, str) and re.fullmatch(r"[A-Za-z_.]{1,80}", said) else ""

    @property
    def words(self) -> str:
        """Its sentence, to be looked at and never shown: it may name the person."""
        return str(self._error.get("message", ""))

    @property
    def _error(self) -> Fields:
        said = self.fields.get("error")
        return said if isinstance(said, dict) else {}


class Refused(StoreUnavailable):
    """A question that Graph does not answer: for want of a consent (403), of a license, of time."""

    def __init__(self, reply: Reply, place: str) -> None:
        answer = f"{reply.status} {reply.code}".rstrip()
        super().__init__(Text("Graph answered {place} with {answer}", place=place, answer=answer))
        self.status, self.code = reply.status, reply.code


class Graph:
    """One tenant's directory."""

    def __init__(self, https: Https, root: str, tokens: Tokens) -> None:
        self._https, self._tokens = https, tokens
        self._root = f"{root}/v1.0/"

    def read(self, place: str, query: Mapping[str, str], budget: Budget) -> Fields | None:
        """What stands there; None where nothing does. Raises Refused or StoreUnavailable."""
        # A blank as a plus sign would be a matter of opinion.
        url = self._root + place + (f"?{urlencode(query, safe='$,', quote_via=quote)}" if query else "")
        try:
            reply = self._patiently("GET", url, budget)
        except Lost:
            # A question may be asked again, on another connection.
            reply = self._patiently("GET", url, budget)
        if reply.status >= 500:
            reply = self._patiently("GET", url, budget)
        if reply.status == 404:
            return None
        if reply.status != 200:
            raise self.refused(reply, place)
        return reply.fields

    def every(self, place: str, query: Mapping[str, str], budget: Budget) -> Iterator[Fields]:
        """All rows, page after page. Raises Refused or StoreUnavailable."""
        page = self._page(place, query, budget)
        yield from page["value"]
        while link := str(page.get("@odata.nextLink", "")):
            # Our token goes nowhere else, whatever the answer names.
            if not link.startswith(self._root):
                raise StoreUnavailable(Text("Graph's next page lies somewhere else"))
            page = self._page(link.removeprefix(self._root), {}, budget)
            yield from page["value"]

    def _page(self, place: str, query: Mapping[str, str], budget: Budget) -> Fields:
        page = self.read(place, query, budget)
        if page is None or not isinstance(page.get("value"), list):
            # Nothing, or an answer that was cut: for an empty list, administrators would be taken for anybody.
            raise StoreUnavailable(Text("Graph's answer is no list"))
        return page

    def order(self, verb: str, place: str, body: Fields, budget: Budget) -> Reply:
        """Have something done, once. Raises OutcomeUnknown when it may be done, StoreUnavailable when surely not."""
        try:
            reply = self._patiently(verb, f"{self._root}{place}", budget, json=body)
        except Lost as lost:
            unknown = str(lost)
        else:
            if reply.status < 500:
                return reply
            unknown = str(self.refused(reply, place))
        # A gateway that gave up may have given up on what was done.
        raise OutcomeUnknown(unknown)

    def refused(self, reply: Reply, place: str) -> Refused:
        """The operator is told, for it is theirs to mend."""
        shape = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4,12}){4}", "*", place.partition("?")[0])
        seen = {"store": "entra", "status": reply.status, "what": reply.code, "endpoint": shape}
        if reply.code != UNLICENSED:
            log.error("Graph refuses what it was asked", extra=seen)
        return Refused(reply, shape)

    def _patiently(self, verb: str, url: str, budget: Budget, **more: Any) -> Reply:  # noqa: ANN401
        """At most twice, and the second time only after a refusal that says that nothing was done."""
        reply = self._once(verb, url, budget, **more)
        if reply.status == 401:
            # Withdrawn, or our clock is wrong: a new token once, and then it is a fault of the settings.
            self._tokens.forget()
        elif reply.status != 429:
            return reply
        elif reply.rest >= budget.left:
            raise self.refused(reply, url.removeprefix(self._root))
        else:
            time.sleep(reply.rest)
        reply = self._once(verb, url, budget, **more)
        if reply.status in (401, 429):
            raise self.refused(reply, url.removeprefix(self._root))
        return reply

    def _once(self, verb: str, url: str, budget: Budget, **more: Any) -> Reply:  # noqa: ANN401
        # Somebody waits for it, so it goes before what runs at night.
        headers = {"Authorization": f"Bearer {self._tokens.token(budget)}", "x-ms-throttle-priority": "high"}
        said = self._https.ask(verb, url, budget, headers=headers, **more)
        return Reply(said.status_code, _fields(said.text), _rest(said))


def _fields(text: str) -> Fields:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _rest(said: Said) -> float:
    asked = said.headers.get("Retry-After", "")
    return float(asked) if asked.isascii() and asked.isdigit() else REST
