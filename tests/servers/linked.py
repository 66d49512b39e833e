"""Links accounts of a test server, as signing in to both would."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from uuid import UUID

from keyback.core.contracts.people import AccountKey
from keyback.core.db.links import Links
from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database

from .keyback import Keyback
from .samba import SambaAd
from .slapd import Slapd


def link(keyback: Keyback, *keys: AccountKey) -> None:
    """From now on these are one person's."""
    database = Database(keyback.database_url)
    keyring = Keyring.load(database, base64.urlsafe_b64decode((keyback.folder / "keyback.key").read_text()))
    person = keyring.pseudonym(keys[0].store, keys[0].id)
    with database.write() as tx:
        for key in keys:
            assert Links(keyring).link(tx, person, key, "the tests", datetime.now(UTC))
    database.close()


def key_of_domain(ad: SambaAd, dn: str) -> AccountKey:
    """The same in a domain."""
    (entry_id,) = ad.read(dn, "objectGUID")["objectGUID"]
    return AccountKey("active_directory", str(UUID(bytes_le=entry_id)))


def key_of(slapd: Slapd, dn: str) -> AccountKey:
    """The account's immutable id in the directory."""
    (entry_id,) = slapd.read(dn, "entryUUID")["entryUUID"]
    return AccountKey("openldap", str(entry_id).strip("{}"))
