"""The tables. No name, address, number or code stands in any column in the clear."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from .columns import Moment, is_set, metadata, partial
from .report_tables import daily_sum as daily_sum  # noqa: PLC0414 - whoever knows the tables knows these too

data_key = Table(
    "data_key",
    metadata,
    Column("purpose", String(32), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("retired_at", Moment),
)

signing_key = Table(
    "signing_key",
    metadata,
    Column("kid", String(64), primary_key=True),
    Column("use", String(32), nullable=False, unique=True),
    Column("private", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
)

recovery = Table(
    "recovery",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("key_digest", LargeBinary, nullable=False),
    Column("key_seal", LargeBinary, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("stage", String(16), nullable=False),
    Column("closed_because", String(64), nullable=False),
    Column("person_ref", String(64), nullable=False),
    Column("picked", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("sends", Integer, nullable=False),
    Column("entry", String(64), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    # Only while it is open, so that looking for what is overdue reads nothing else.
    Column("deadline", Moment),
    Column("turn", Integer, nullable=False),
    Column("version", Integer, nullable=False),
)
partial("ix_recovery_overdue", recovery.c.deadline, recovery.c.deadline.isnot(None))
Index("ix_recovery_stage", recovery.c.stage, recovery.c.started_at)
# What may be forgotten is looked for among what is not open: a hundred thousand that nobody finished are not read.
partial("ix_recovery_ended", recovery.c.expires_at, recovery.c.deadline.is_(None))
partial("ix_recovery_person", recovery.c.person_ref, is_set(recovery.c.person_ref))

# Somebody changes a password that they know. No password stands here, neither the old nor the new one.
password_change = Table(
    "password_change",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("key_digest", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("step", String(16), nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    Column("version", Integer, nullable=False),
)

# The ledger. Its key is the challenge: one challenge makes one proof, whoever asks and however often.
proof = Table(
    "proof",
    metadata,
    Column("challenge", String(64), primary_key=True),
    Column("recovery_id", String(64), nullable=False, index=True),
    Column("person_ref", String(64), nullable=False),
    Column("method", String(64), nullable=False),
    Column("rides_on", String(32), nullable=False),
    Column("credential", String(128), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("seal", LargeBinary, nullable=False),
)

# What came by another way than the page: one answer to each challenge, whoever sends it and however often.
heard = Table(
    "heard",
    metadata,
    Column("challenge", String(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)

person = Table(
    "person",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("created_at", Moment, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("pseudonym", String(64), primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("how", String(64), nullable=False),
    Column("linked_at", Moment, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

# Two accounts that somebody signed in to joined: it counts later, so that who owns them can read the notices first.
waiting_link = Table(
    "waiting_link",
    metadata,
    Column("pseudonym", String(64), primary_key=True),
    Column("person_ref", String(64), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("how", String(64), nullable=False),
    Column("since", Moment, nullable=False),
    Column("counts_from", Moment, nullable=False, index=True),
    Column("seal", LargeBinary, nullable=False),
)

enrolment = Table(
    "enrolment",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("person_id", ForeignKey("person.id"), nullable=False, index=True),
    Column("method", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("proven_at", Moment, nullable=False),
    Column("usable_from", Moment, nullable=False),
    Column("used_at", Moment),
    Column("version", Integer, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

# What somebody is adding at this moment: worth nothing before it is confirmed, and forgotten after ten minutes.
pending = Table(
    "pending",
    metadata,
    Column("key", String(128), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
    # By which a device finds it that joins; a digest. None where no device does.
    Column("code", String(128), index=True),
)

# How somebody stands to being asked after a sign-in, and the way they like best.
standing = Table(
    "standing",
    metadata,
    Column("person_ref", String(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
)

contact_seen = Table(
    "contact_seen",
    metadata,
    Column("person_ref", String(64), primary_key=True),
    Column("source", String(128), primary_key=True),
    Column("fingerprint", LargeBinary, primary_key=True),
    # None for those that were there when the source was first looked at.
    Column("since", Moment),
    Column("seal", LargeBinary, nullable=False),
)

counter = Table(
    "counter",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("window_start", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False, index=True),
    Column("count", Integer, nullable=False),
    Column("locked_until", Moment),
)
partial("ix_counter_locked", counter.c.locked_until, counter.c.locked_until.isnot(None))

# Our own writers' order on one account, and who of several processes does what only one may do.
follower = Table(
    "follower",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
lease = Table(
    "lease",
    metadata,
    Column("what", String(128), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", Moment, nullable=False),
)

# Whose self-service is stopped. A row that was lifted is kept until no link that could stop it again is good.
freeze = Table(
    "freeze",
    metadata,
    Column("person_ref", String(64), primary_key=True),
    Column("since", Moment, nullable=False),
    Column("why", String(64), nullable=False),
    Column("recovery_id", String(64), nullable=False),
    Column("lifted_at", Moment),
    Column("seal", LargeBinary, nullable=False),
)
partial("ix_freeze_lifted", freeze.c.lifted_at, freeze.c.lifted_at.isnot(None))

# Somebody on their way to the company's identity provider and back. `browser`: which one set out.
sign_in = Table(
    "sign_in",
    metadata,
    Column("state", String(64), primary_key=True),
    Column("browser", String(64), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)

# Somebody whom the identity provider vouched for. By `subject_ref` and `sid_ref` it can say that this is over.
session = Table(
    "session",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("person_ref", String(64), nullable=False, index=True),
    Column("subject_ref", String(64), nullable=False, index=True),
    Column("sid_ref", String(64), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False, index=True),
)

# One attempt to hand a message to a provider, and what became of it. `ref` stands for the provider's own name for it.
delivery = Table(
    "delivery",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("challenge", String(64), nullable=False),
    Column("medium", String(32), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("region", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("why", String(64), nullable=False),
    Column("ref", String(128), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("changed_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("lane", String(32), nullable=False, server_default=""),
)
partial("ix_delivery_challenge", delivery.c.challenge, is_set(delivery.c.challenge))
partial("ix_delivery_ref", delivery.c.ref, is_set(delivery.c.ref))

event = Table(
    "event",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("name", String(64), nullable=False),
    Column("recovery_id", String(64), nullable=False),
    Column("pseudonym", String(64), nullable=False),
    Column("data", Text, nullable=False),
    Column("key_name", String(64), nullable=False),
    Column("details", LargeBinary),
    Column("details_digest", LargeBinary, nullable=False),
    Column("erased", LargeBinary),
    Column("digest", LargeBinary, nullable=False),
    Column("seq", BigInteger, unique=True),
    Column("hash", LargeBinary),
)
# Events of one name, the newest first, as administrators look for them.
Index("ix_event_name", event.c.name, event.c.id)
partial("ix_event_unchained", event.c.id, event.c.seq.is_(None))
partial("ix_event_recovery", event.c.recovery_id, is_set(event.c.recovery_id))
partial("ix_event_pseudonym", event.c.pseudonym, is_set(event.c.pseudonym))

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("kid", String(64), nullable=False),
    Column("signature", LargeBinary, nullable=False),
)

person_key = Table(
    "person_key",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

job = Table(
    "job",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("lane", String(64), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("recovery_id", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("leased_by", String(64), nullable=False),
    Column("leased_until", Moment, nullable=False),
    Column("given_up_at", Moment),
)
partial("ix_job_due", job.c.due_at, job.c.given_up_at.is_(None))
partial("ix_job_given_up", job.c.given_up_at, job.c.given_up_at.isnot(None))

plugin = Table(
    "plugin",
    metadata,
    Column("kind", String(32), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("settings", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

policy = Table(
    "policy",
    metadata,
    Column("name", String(128), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("rules", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("who", String(128), nullable=False),
    Column("why", Text, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

public_rules = Table(
    "public_rules",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("rules", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("who", String(128), nullable=False),
    Column("why", Text, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

# One row: which settings hold now, and how many rows they are, so that a deleted policy is missed.
settings_version = Table(
    "settings_version",
    metadata,
    Column("key", String(16), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("plugins", Integer, nullable=False),
    Column("policies", Integer, nullable=False),
    Column("public_rules", Integer, nullable=False),
    Column("seal", LargeBinary, nullable=False),
)

# One row for each save of what administrators decide. `key` names what was saved where there are several of a kind.
settings_save = Table(
    "settings_save",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("key", String(128), nullable=False),
    Column("at", Moment, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("ix_settings_save_kind", "kind", "key", "version"),
)
