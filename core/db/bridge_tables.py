"""The tables of entries, and of what their clients may fetch."""

from __future__ import annotations

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

from .columns import Moment, is_set, metadata, partial

# A door by which people arrive: a link, or a client of OpenID Connect with its secret's digest.
entry = Table(
    "entry",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("rules", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

# When somebody last came by an entry, when its client last got an answer, and what was last wrong with what it asked.
entry_seen = Table(
    "entry_seen",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("arrived_at", Moment),
    Column("answered_at", Moment),
    Column("refused_at", Moment),
    Column("refused_why", String(64), nullable=False, server_default=""),
)

# The public keys of a client that publishes them: what was last read at its address, and when it is read again.
client_key_set = Table(
    "client_key_set",
    metadata,
    Column("entry", String(32), primary_key=True),
    Column("address", Text, nullable=False),
    Column("keys", Text, nullable=False),
    Column("fetched_at", Moment),
    Column("trouble", String(64), nullable=False),
    Column("tried_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

# What a client may fetch, once: by the digest of a code, and after that by the digest of a token.
oidc_grant = Table(
    "oidc_grant",
    metadata,
    Column("code", String(64), primary_key=True),
    Column("entry", String(32), nullable=False),
    Column("recovery_id", String(64), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("taken_at", Moment),
    # Empty before the code was taken, and again once it came a second time.
    Column("token", String(64), nullable=False),
    Column("token_until", Moment),
)
partial("ix_oidc_grant_token", oidc_grant.c.token, is_set(oidc_grant.c.token))

# The keys that sign for clients: the next one, the one that signs, and those whose last tokens are still good.
token_key = Table(
    "token_key",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("private", LargeBinary, nullable=False),
    Column("signs_from", Moment, nullable=False),
)
