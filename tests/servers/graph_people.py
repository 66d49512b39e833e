"""What our stand-in for Microsoft Graph knows: people, what they belong to, and their passwords."""

from __future__ import annotations

import re
import string
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Fields = Mapping[str, Any]

DOMAIN = "alderwick.example"
OLD = "The Old one, 1 of them"
LONG_AGO = "2024-01-01T12:00:00Z"
# One of the two kinds of conditions that are asked for: a property, or one of a list.
TEXT = r"'((?:[^']|'')*)'"
CLAUSE = re.compile(rf"(?:(\w+) eq {TEXT}|(\w+)/any\((\w+):\4 eq {TEXT}\))(?: or |$)")
CLASSES = (string.ascii_lowercase, string.ascii_uppercase, string.digits, string.punctuation + " ")


class NoFilter(ValueError):
    """A condition that Graph would not understand, or that nobody has taught the stand-in."""


@dataclass
class Someone:
    """One user: what Graph shows of it, and what it keeps to itself."""

    shown: dict[str, Any]
    password: str = OLD
    writes: int = 0
    member_of: list[Fields] = field(default_factory=list)
    phones: list[Fields] = field(default_factory=list)
    mailboxes: list[Fields] = field(default_factory=list)
    assigned: list[Fields] = field(default_factory=list)
    eligible: list[Fields] = field(default_factory=list)
    sessions_ended: int = 0
    must_change: bool = False

    @property
    def id(self) -> str:
        return str(self.shown["id"])

    @property
    def name(self) -> str:
        return str(self.shown["userPrincipalName"])

    @property
    def synced(self) -> bool:
        return self.shown["onPremisesSyncEnabled"] is True

    @property
    def is_admin(self) -> bool:
        """As Graph itself would see it: who is in a role, or in a group that may hold one."""
        kinds = {one["@odata.type"] for one in self.member_of}
        return "#microsoft.graph.directoryRole" in kinds or any(one.get("isAssignableToRole") for one in self.member_of)

    def takes(self, password: str) -> None:
        """From now on this is the password. Graph's clock shows whole seconds."""
        self.password, self.writes = password, self.writes + 1
        self.shown["lastPasswordChangeDateTime"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"

    def joins(self, kind: str, **more: Any) -> str:
        """A group ("group"), a role ("directoryRole") or a unit ("administrativeUnit"); its id."""
        joined = {"@odata.type": f"#microsoft.graph.{kind}", "id": str(uuid.uuid4()), "displayName": "Some people"}
        if kind == "group":
            joined |= {"securityEnabled": True, "isAssignableToRole": None}
        self.member_of.append({**joined, **more})
        return str(joined["id"])


class People:
    """All users of one tenant."""

    def __init__(self) -> None:
        self.all: dict[str, Someone] = {}

    def add(self, name: str = "", **fields: Any) -> Someone:
        """Somebody with a password of the cloud, unless the fields say otherwise."""
        name = name or f"jo{uuid.uuid4().hex[:8]}"
        principal = name if "@" in name else f"{name}@{DOMAIN}"
        shown = {
            "id": str(uuid.uuid4()),
            "accountEnabled": True,
            "displayName": "Jo Frost",
            "userPrincipalName": principal,
            "mail": principal,
            "mobilePhone": None,
            "businessPhones": [],
            "otherMails": [],
            "proxyAddresses": [f"SMTP:{principal}"],
            "userType": "Member",
            "isManagementRestricted": None,
            "lastPasswordChangeDateTime": LONG_AGO,
            "onPremisesSyncEnabled": None,
            "onPremisesImmutableId": None,
            "onPremisesSecurityIdentifier": None,
        }
        someone = Someone({**shown, **fields})
        self.all[someone.id] = someone
        return someone

    def find(self, id_or_name: str) -> Someone | None:
        """As Graph does by the last part of an address: by id, or by sign-in name."""
        if id_or_name in self.all:
            return self.all[id_or_name]
        return next((one for one in self.all.values() if one.name.lower() == id_or_name.lower()), None)

    def where(self, condition: str) -> list[Someone]:
        """All of whom it holds. Raises NoFilter."""
        tests = list(_tests(condition))
        return [one for one in self.all.values() if any(test(one.shown) for test in tests)]


def too_weak(password: str) -> bool:
    """The rules of Entra itself, without its lists of words."""
    classes = sum(bool(set(password) & set(signs)) for signs in CLASSES)
    return not (8 <= len(password) <= 256 and password.isascii() and classes >= 3)


def _tests(condition: str) -> Iterator[Callable[[Fields], bool]]:
    read = 0
    while read < len(condition) or not condition:
        match = CLAUSE.match(condition, read)
        if match is None:
            raise NoFilter(condition)
        yield _test(match)
        read = match.end()


def _test(clause: re.Match[str]) -> Callable[[Fields], bool]:
    if clause[1]:
        name, value = clause[1], clause[2].replace("''", "'")
        return lambda shown: str(shown[name] or "").lower() == value.lower()
    several, value = clause[3], clause[5].replace("''", "'")
    # Nobody promises that capitals do not count in a list.
    return lambda shown: value in shown[several]
