"""What administrators save holds for everybody, at every process, without a restart."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from servers.keyback import PROMPT, Keyback
from servers.outfit import ENTRIES, SWIFT, a_story, opens, pins
from servers.postgres import Postgres
from servers.slapd import Slapd
from servers.story import NEW, Post, Story, wait_until

from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database
from keyback.core.db.settings_store import SettingsStore
from keyback.core.recovery.policy import Policy, ProofRules, PublicRules

MAIL_AND_TEXT = Policy("everybody", proof=ProofRules(optional=frozenset({"email", "sms", "saved_codes"})))
PAPER_TOO = replace(MAIL_AND_TEXT, proof=replace(MAIL_AND_TEXT.proof, required=frozenset({"saved_codes"})))
ONE_IS_ENOUGH = replace(MAIL_AND_TEXT, proof=replace(MAIL_AND_TEXT.proof, at_least=1))
# Two processes share the port: as many visits as this come to both.
OFTEN = 8

Save = Callable[[Policy, PublicRules], None]


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres, post: Post, slapd: Slapd) -> Iterator[Keyback]:
    """A server of its own, because its rules change: two processes for pages and one behind them."""
    outfit = {**pins(post, slapd), **SWIFT}
    url, folder = postgres.database(), tmp_path_factory.mktemp("ruled")
    with Keyback(folder, outfit, processes=2, database_url=url, more={"entries": ENTRIES}) as server:
        yield server


@pytest.fixture
def save(ruled: Keyback) -> Iterator[Save]:
    """What an administrator does, at a third process."""
    database = Database(ruled.database_url)
    key = base64.urlsafe_b64decode((ruled.folder / "keyback.key").read_text())
    settings = SettingsStore(Keyring.load(database, key))

    def save_both(policy: Policy, public: PublicRules) -> None:
        with database.write() as tx:
            settings.save_policies(tx, [policy], who="ines", why="tests")
            settings.save_public_rules(tx, public, who="ines", why="tests")

    save_both(MAIL_AND_TEXT, PROMPT)
    yield save_both
    database.close()


@pytest.fixture
def somebody(ruled: Keyback, post: Post, slapd: Slapd) -> Story:
    return a_story(ruled, post, slapd)


def offered(story: Story) -> set[str]:
    return {offer.partition(".")[0] for offer in story.start().form.radios["offer"]}


def test_the_next_visitor_sees_the_new_public_rules_at_every_process(
    ruled: Keyback, post: Post, slapd: Slapd, save: Save
) -> None:
    def seen() -> list[set[str]]:
        return [offered(a_story(ruled, post, slapd)) for _ in range(OFTEN)]

    before = ruled.processes()
    assert seen() == [{"email", "sms", "saved_codes"}] * OFTEN
    save(MAIL_AND_TEXT, replace(PROMPT, methods=("email",)))
    # Whoever begins sees it within a second; whoever has begun, on the next page.
    wait_until(lambda: seen() == [{"email"}] * OFTEN, "the new rules at both processes")
    assert ruled.processes() == before, "nobody restarted anything"


def test_who_is_on_the_way_obeys_a_policy_that_became_stricter(somebody: Story, slapd: Slapd, save: Save) -> None:
    somebody.start()
    assert somebody.prove().stage == "renewing"
    save(PAPER_TOO, PROMPT)
    for _ in range(OFTEN):
        somebody.reload()
        assert somebody.renew().stage != "done"
    assert not opens(slapd, somebody, NEW)


def test_who_is_on_the_way_is_not_let_in_by_a_policy_that_became_laxer(
    somebody: Story, post: Post, slapd: Slapd, save: Save
) -> None:
    somebody.start()
    # The person was found, and the policy copied, before this answer.
    somebody.pick_mail()
    code = post.mail_code(somebody.mail)
    save(ONE_IS_ENOUGH, PROMPT)
    assert somebody.type_code(code).stage == "choosing"
    assert not opens(slapd, somebody, NEW)


def test_whoever_comes_after_a_laxer_policy_is_let_in_by_it(
    ruled: Keyback, post: Post, slapd: Slapd, save: Save
) -> None:
    save(ONE_IS_ENOUGH, PROMPT)

    def come() -> Story | None:
        somebody = a_story(ruled, post, slapd)
        somebody.start()
        somebody.pick_mail()
        return somebody if somebody.type_code(post.mail_code(somebody.mail)).stage == "renewing" else None

    somebody = wait_until(come, "somebody whom one proof lets in")
    assert somebody.renew().stage == "done"
    assert opens(slapd, somebody, NEW)
