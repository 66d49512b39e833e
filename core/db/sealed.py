"""Which columns are encrypted, which rows are sealed, and what is bound into each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, Table

from . import (
    bridge_tables,
    campaign_tables,
    census_tables,
    console_tables,
    desk_tables,
    question_tables,
    signal_tables,
    tables,
)
from .encoding import encode
from .sealing import KeyPurpose, Keyring

Values = Mapping[str, Any] | RowMapping


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """An encrypted column. `bound` names the columns of its row without whose values it does not open."""

    table: Table
    column: str
    purpose: KeyPurpose
    bound: tuple[str, ...]

    def seal(self, keyring: Keyring, plain: bytes, values: Values) -> bytes:
        """Encrypt it for the row that has these values."""
        return keyring.seal(self.purpose, plain, table=self.table.name, column=self.column, row=self._row(values))

    def open(self, keyring: Keyring, values: Values) -> bytes:
        """Decrypt it from its row. Raises SealBroken."""
        sealed = values[self.column]
        return keyring.open(self.purpose, sealed, table=self.table.name, column=self.column, row=self._row(values))

    def _row(self, values: Values) -> str:
        return encode(*(values[name] for name in self.bound)).decode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class SealedRow:
    """A row that is refused when one of `covered` was changed without the key."""

    table: Table
    covered: tuple[str, ...]
    column: str = "seal"

    def seal(self, keyring: Keyring, values: Values) -> bytes:
        """What to write into the seal's column."""
        return keyring.row_seal(self.table.name, *(values[name] for name in self.covered))

    def check(self, keyring: Keyring, values: Values) -> None:
        """Raise SealBroken unless the row is as it was sealed."""
        keyring.check_row(self.table.name, values[self.column], *(values[name] for name in self.covered))


RECOVERY = SealedColumn(tables.recovery, "sealed", KeyPurpose.RECOVERY, ("id",))
# With the key's digest bound in, nobody can put that of a key of their own beside it.
CHANGE = SealedColumn(
    tables.password_change, "sealed", KeyPurpose.RECOVERY, ("id", "key_digest", "step", "expires_at", "version")
)
ACCOUNT = SealedColumn(tables.account, "sealed", KeyPurpose.CONTACT, ("pseudonym", "person_id"))
WAITING_LINK = SealedColumn(tables.waiting_link, "sealed", KeyPurpose.CONTACT, ("pseudonym", "person_ref"))
ENROLMENT = SealedColumn(tables.enrolment, "sealed", KeyPurpose.CONTACT, ("id", "person_id", "version"))
PENDING = SealedColumn(tables.pending, "sealed", KeyPurpose.CONTACT, ("key", "expires_at"))
HEARD = SealedColumn(tables.heard, "sealed", KeyPurpose.RECOVERY, ("challenge", "passed", "expires_at"))
STANDING = SealedColumn(tables.standing, "sealed", KeyPurpose.CONTACT, ("person_ref", "version"))
CENSUS_PERSON = SealedColumn(census_tables.census_person, "sealed", KeyPurpose.CONTACT, ("pseudonym",))
CENSUS_HAVING = SealedColumn(census_tables.census_having, "sealed", KeyPurpose.CONTACT, ("digest",))
PERSON_KEY = SealedColumn(tables.person_key, "sealed", KeyPurpose.AUDIT, ("name",))
SIGNING_KEY = SealedColumn(tables.signing_key, "private", KeyPurpose.AUDIT, ("kid", "use"))
JOB = SealedColumn(tables.job, "sealed", KeyPurpose.JOB, ("id", "lane", "kind", "recovery_id"))
DELIVERY = SealedColumn(tables.delivery, "sealed", KeyPurpose.JOB, ("id", "challenge", "channel"))
PLUGIN = SealedColumn(tables.plugin, "settings", KeyPurpose.SETTINGS, ("kind", "key"))
SETTINGS_SAVE = SealedColumn(tables.settings_save, "sealed", KeyPurpose.SETTINGS, ("version", "kind", "key", "at"))
SIGN_IN = SealedColumn(tables.sign_in, "sealed", KeyPurpose.SESSION, ("state", "browser", "expires_at"))
ENTRY = SealedColumn(bridge_tables.entry, "secret", KeyPurpose.SETTINGS, ("key", "version"))
TOKEN_KEY = SealedColumn(bridge_tables.token_key, "private", KeyPurpose.SETTINGS, ("kid", "signs_from"))
OIDC_GRANT = SealedColumn(
    bridge_tables.oidc_grant, "sealed", KeyPurpose.SESSION, ("code", "entry", "recovery_id", "expires_at")
)
# With the token's digest bound in, nobody can put that of a token of their own beside it.
RECEIVER = SealedColumn(signal_tables.receiver, "sealed", KeyPurpose.SETTINGS, ("key", "token", "version"))
SIGNAL = SealedColumn(signal_tables.signal, "sealed", KeyPurpose.JOB, ("id", "receiver", "kind"))
# `seen_at` alone is not bound: it moves with every page, and whoever moved it could not pass `ends_at`.
SESSION = SealedColumn(
    tables.session,
    "sealed",
    KeyPurpose.SESSION,
    ("id", "person_ref", "subject_ref", "sid_ref", "started_at", "ends_at"),
)
APPROVAL = SealedColumn(
    desk_tables.approval, "sealed", KeyPurpose.SETTINGS, ("id", "kind", "state", "asked_at", "expires_at", "version")
)
# Neither the recovery, which joins later, nor the tries are bound: they move by one statement each.
CALLER = SealedColumn(desk_tables.caller, "sealed", KeyPurpose.JOB, ("id", "person_ref", "agent_ref", "expires_at"))
CAMPAIGN = SealedColumn(campaign_tables.campaign, "sealed", KeyPurpose.SETTINGS, ("id", "state", "asked_at", "version"))
SCHEDULE = SealedColumn(console_tables.schedule, "sealed", KeyPurpose.SETTINGS, ("id", "next_at", "version"))
CONSOLE_SESSION = SealedColumn(
    console_tables.console_session,
    "sealed",
    KeyPurpose.SESSION,
    ("id", "subject_ref", "sid_ref", "how", "started_at", "ends_at"),
)

COLUMNS = (
    RECOVERY,
    CHANGE,
    ACCOUNT,
    WAITING_LINK,
    ENROLMENT,
    PENDING,
    HEARD,
    STANDING,
    CENSUS_PERSON,
    CENSUS_HAVING,
    PERSON_KEY,
    SIGNING_KEY,
    JOB,
    DELIVERY,
    PLUGIN,
    SETTINGS_SAVE,
    SIGN_IN,
    SESSION,
    CONSOLE_SESSION,
    SCHEDULE,
    APPROVAL,
    CAMPAIGN,
    CALLER,
    ENTRY,
    TOKEN_KEY,
    OIDC_GRANT,
    RECEIVER,
    SIGNAL,
)

# Whoever can write the table could otherwise put the digest of a key of their own beside somebody's recovery.
RECOVERY_KEY_ROW = SealedRow(tables.recovery, ("id", "key_digest"), "key_seal")
PROOF_ROW = SealedRow(
    tables.proof, ("challenge", "recovery_id", "person_ref", "method", "rides_on", "credential", "at")
)
ACCOUNT_ROW = SealedRow(tables.account, ("pseudonym", "person_id", "how", "linked_at"))
WAITING_LINK_ROW = SealedRow(tables.waiting_link, ("pseudonym", "person_ref", "how", "since", "counts_from"))
ENROLMENT_ROW = SealedRow(
    tables.enrolment, ("id", "person_id", "method", "proven_at", "usable_from", "used_at", "version")
)
CONTACT_ROW = SealedRow(tables.contact_seen, ("person_ref", "source", "fingerprint", "since"))
FREEZE_ROW = SealedRow(tables.freeze, ("person_ref", "since", "why", "recovery_id", "lifted_at"))
PLUGIN_ROW = SealedRow(tables.plugin, ("kind", "key", "enabled", "version"))
POLICY_ROW = SealedRow(tables.policy, ("name", "position", "rules", "version", "who", "why"))
PUBLIC_RULES_ROW = SealedRow(tables.public_rules, ("key", "rules", "version", "who", "why"))
QUESTION_SET_ROW = SealedRow(question_tables.question_set, ("name", "position", "rules", "version", "sets"))
ENTRY_ROW = SealedRow(bridge_tables.entry, ("key", "rules", "version"))
CLIENT_KEY_SET_ROW = SealedRow(bridge_tables.client_key_set, ("entry", "address", "keys", "fetched_at"))
SETTINGS_ROW = SealedRow(tables.settings_version, ("key", "version", "plugins", "policies", "public_rules"))

ROWS = (
    RECOVERY_KEY_ROW,
    PROOF_ROW,
    ACCOUNT_ROW,
    WAITING_LINK_ROW,
    ENROLMENT_ROW,
    CONTACT_ROW,
    FREEZE_ROW,
    PLUGIN_ROW,
    POLICY_ROW,
    PUBLIC_RULES_ROW,
    QUESTION_SET_ROW,
    ENTRY_ROW,
    CLIENT_KEY_SET_ROW,
    SETTINGS_ROW,
)
