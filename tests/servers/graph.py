"""A stand-in for Microsoft Graph over TLS: keeps what is written, and is judged itself by the published contract."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from keyback.plugins.stores.entra import EntraSettings

from . import contracts
from .graph_people import DOMAIN, NoFilter, People, Someone, too_weak
from .graph_tokens import APPLICATION, SECRET, TENANT, Tokens, said
from .http_sink import Answer, Asked, HttpSink

PUBLISHED = "graph-sspr"
READ, WRITE, END = "User.Read.All", "User-PasswordProfile.ReadWrite.All", "User.RevokeSessions.All"
GROUPS, ROLES, DOMAINS = "GroupMember.Read.All", "RoleManagement.Read.Directory", "Domain.Read.All"
PHONES, MAILBOXES = "UserAuthMethod-Phone.Read.All", "UserAuthMethod-Email.Read.All"
CONSENTS = frozenset({READ, WRITE, END, GROUPS, ROLES, DOMAINS})
# What the contract's authors left out, so that nobody judges it.
UNJUDGED = "/v1.0/roleManagement/"
# What a ban on words says is not known: the contract's own example is made up as well.
BANNED_WORD = "copper"
BANNED = "The specified password contains a banned word."
WEAK = (
    "The specified password does not comply with password complexity requirements. Please provide a different password."
)
MASTERED = (
    "Unable to update the specified properties for on-premises mastered Directory Sync objects "
    "or objects currently undergoing migration."
)


@dataclass(frozen=True)
class Trouble:
    """What to answer instead to the next request like this: having done what was asked (`late`), or without."""

    verb: str
    part: str
    answer: Answer
    late: bool = False


def wrong(status: int, code: str, words: str, *headers: tuple[str, str]) -> Answer:
    """A refusal in Graph's envelope."""
    inner = {"date": "2026-11-22T12:00:00", "request-id": "ada01d7f-9fbb-4a5c-a08c-cb2539697357"}
    answer = said(status, {"error": {"code": code, "message": words, "innerError": inner}})
    return replace(answer, headers=(*answer.headers, *headers))


def too_many(*wait: str) -> Answer:
    """Throttled, with or without how long to wait."""
    return wrong(429, "TooManyRequests", "Too many requests.", *(("Retry-After", seconds) for seconds in wait))


DENIED = wrong(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
BUSY = wrong(503, "serviceNotAvailable", "The service is temporarily unavailable.")
LOST = Answer(hang_up=True)


class Graph:
    """`with Graph(folder) as graph:` — does as Graph does, unless `graph.troubles` holds something else."""

    def __init__(self, folder: Path) -> None:
        self.sink = HttpSink(folder)
        self.sink.usual = self._answer
        self.url = self.sink.url.removesuffix("/send")
        self.people, self.tokens = People(), Tokens()
        self.consents = set(CONSENTS)
        self.licensed, self.page_size = True, 100
        self.domains = [{"id": DOMAIN, "authenticationType": "Managed", "isVerified": True}]
        self.organization: dict[str, Any] = {"id": TENANT, "onPremisesSyncEnabled": None}
        self.troubles: deque[Trouble] = deque()
        self.violations: list[str] = []
        self._lock = Lock()

    def __enter__(self) -> Self:
        self.sink.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.sink.__exit__()

    @property
    def pins(self) -> dict[str, object]:
        """What the store must be told to come here."""
        return {
            "tenant": TENANT,
            "client_id": APPLICATION,
            "client_secret": SECRET,
            "authority": self.url,
            "graph": self.url,
            "ca_file": str(self.sink.ca_file),
        }

    def settings(self, **changed: object) -> EntraSettings:
        """The same for a store in this process."""
        return EntraSettings.model_validate({**self.pins, **changed})

    def fails(self, verb: str, part: str, *answers: Answer, late: bool = False) -> None:
        """Answer the next requests whose address holds this part like that."""
        self.troubles.extend(Trouble(verb, part, answer, late) for answer in answers)

    def asked(self, verb: str, part: str = "") -> list[Asked]:
        """What it was asked so far, without the questions for tokens."""
        every = [one for one in list(self.sink.asked) if one.target.startswith("/v1.0/")]
        return [one for one in every if one.verb == verb and part in one.target]

    def _answer(self, asked: Asked) -> Answer:
        if not asked.target.startswith("/v1.0/"):
            return self.tokens.answer(asked, self.url, self.consents)
        with self._lock:
            trouble = next((one for one in self.troubles if _fits(one, asked)), None)
            if trouble is not None:
                self.troubles.remove(trouble)
            answer = self._act(asked) if trouble is None or trouble.late else trouble.answer
            self._judge(asked, answer)
            return trouble.answer if trouble else answer

    def _act(self, asked: Asked) -> Answer:
        if asked.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens.good:
            return wrong(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
        place = urlsplit(asked.target)
        query = dict(parse_qsl(place.query))
        parts = place.path.removeprefix("/v1.0/").split("/")
        if asked.verb == "GET" and parts == ["users"]:
            return self._users(query)
        if asked.verb == "GET" and parts[0] == "roleManagement":
            return self._roles(parts[-1], query)
        if asked.verb == "GET" and parts in (["domains"], ["organization"]):
            return self._house(parts[0])
        if parts[0] == "users" and len(parts) > 1:
            someone = self.people.find(parts[1])
            # Whether somebody is there is told only to whoever may ask.
            if asked.verb == "GET" and len(parts) > 2:
                return self._about(someone, parts[2:], query)
            return self._change(someone, asked) if asked.verb != "GET" else self._user(someone, query)
        return wrong(404, "ResourceNotFound", "Resource not found for the segment.")

    def _users(self, query: Mapping[str, str]) -> Answer:
        if READ not in self.consents:
            return DENIED
        try:
            found = self.people.where(query["$filter"]) if "$filter" in query else list(self.people.all.values())
        except (NoFilter, KeyError):
            return wrong(400, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause.")
        return said(200, {"value": [_shown(one, query) for one in found[: int(query.get("$top", 100))]]})

    def _user(self, someone: Someone | None, query: Mapping[str, str]) -> Answer:
        if READ not in self.consents:
            return DENIED
        return said(200, _shown(someone, query)) if someone else _gone()

    def _about(self, someone: Someone | None, parts: Sequence[str], query: Mapping[str, str]) -> Answer:
        needed = {"transitiveMemberOf": READ, "phoneMethods": PHONES, "emailMethods": MAILBOXES}.get(parts[-1])
        if needed not in self.consents:
            return (
                DENIED if parts[0] != "authentication" else wrong(403, "accessDenied", "Request Authorization failed")
            )
        if someone is None:
            return _gone()
        if parts[0] == "authentication":
            return said(200, {"value": someone.phones if parts[-1] == "phoneMethods" else someone.mailboxes})
        seen = [one if GROUPS in self.consents else _hidden(one) for one in someone.member_of]
        return self._page(seen, f"users/{someone.id}/transitiveMemberOf", int(query.get("$skiptoken", 0)))

    def _page(self, rows: Sequence[Mapping[str, Any]], place: str, start: int) -> Answer:
        end = start + self.page_size
        more = {"@odata.nextLink": f"{self.url}/v1.0/{place}?$skiptoken={end}"} if rows[end:] else {}
        return said(200, {"value": list(rows[start:end]), **more})

    def _roles(self, which: str, query: Mapping[str, str]) -> Answer:
        if ROLES not in self.consents:
            return DENIED
        if which == "roleEligibilitySchedules" and not self.licensed:
            return wrong(400, "AadPremiumLicenseRequired", "The tenant needs a Microsoft Entra ID P2 license.")
        match = re.fullmatch(r"principalId eq '([0-9a-f-]{36})'", query.get("$filter", ""))
        if match is None:
            return wrong(400, "Request_UnsupportedQuery", "principalId is what can be asked for.")
        someone = self.people.find(match[1])
        rows = [] if someone is None else someone.eligible if which == "roleEligibilitySchedules" else someone.assigned
        return said(200, {"value": rows})

    def _house(self, which: str) -> Answer:
        if which == "domains":
            return said(200, {"value": self.domains}) if DOMAINS in self.consents else DENIED
        return said(200, {"value": [self.organization]})

    def _change(self, someone: Someone | None, asked: Asked) -> Answer:
        ending = asked.verb == "POST" and asked.target.endswith("/revokeSignInSessions")
        if (END if ending else WRITE) not in self.consents:
            return DENIED
        if someone is None:
            return _gone()
        if ending:
            someone.sessions_ended += 1
            return said(200, {"value": True})
        return self._patch(someone, json.loads(asked.body)["passwordProfile"])

    def _patch(self, someone: Someone, profile: dict[str, Any]) -> Answer:
        if someone.synced:
            return wrong(400, "Request_BadRequest", MASTERED)
        if someone.is_admin:
            return DENIED
        password = profile.get("password")
        someone.must_change = profile["forceChangePasswordNextSignIn"]
        if password is None:
            return Answer(204, b"")
        if too_weak(password) or BANNED_WORD in password.lower():
            return wrong(400, "Request_BadRequest", WEAK if too_weak(password) else BANNED)
        someone.takes(password)
        return Answer(204, b"")

    def _judge(self, asked: Asked, answer: Answer) -> None:
        """By the contract, where it is here: a slip of the store's is one, and so is a slip of ours."""
        if contracts.missing(PUBLISHED) or asked.target.startswith(UNJUDGED) or answer.hang_up:
            return
        judge, place = contracts.judge(PUBLISHED), urlsplit(asked.target)
        request = MockRequest(
            "https://graph.microsoft.com",
            asked.verb.lower(),
            place.path,
            args=dict(parse_qsl(place.query)),
            headers=dict(asked.headers),
            data=asked.body,
            content_type=asked.headers.get("Content-Type", ""),
        )
        try:
            judge.validate_request(request)
            judge.validate_response(request, MockResponse(answer.body, answer.status, content_type=_kind(answer)))
        except OpenAPIError as problem:
            # Its own words hold what was sent, and with it a password.
            self.violations.append(f"{asked.verb} {place.path} {answer.status}: {type(problem).__name__}")


def _fits(trouble: Trouble, asked: Asked) -> bool:
    return trouble.verb == asked.verb and trouble.part in asked.target


def _kind(answer: Answer) -> str:
    return dict(answer.headers).get("Content-Type", "")


def _gone() -> Answer:
    words = "Resource 'x' does not exist or one of its queried reference-property objects are not present."
    return wrong(404, "Request_ResourceNotFound", words)


def _hidden(one: Mapping[str, Any]) -> dict[str, Any]:
    """What an application sees of a group that it may not read: that it is there."""
    return {name: value if name in ("@odata.type", "id") else None for name, value in one.items()}


def _shown(someone: Someone, query: Mapping[str, str]) -> dict[str, Any]:
    wanted = query.get("$select", "id,displayName,userPrincipalName").split(",")
    return {name: someone.shown[name] for name in wanted}
