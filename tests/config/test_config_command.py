"""The console's rules and settings as a file: out, compared, in, and what is refused on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from servers.settings_file import COMPANY, initialise
from sqlalchemy import select

from keyback.config.commands import main
from keyback.config.commands.config import DIFFERENT
from keyback.config.commands.opened import opened
from keyback.config.console import parts_of
from keyback.core.db.tables import event
from keyback.core.recovery.policy import Disclosure

SETTINGS = f"""demo = true{COMPANY}
[plugins]
load = ["email", "sms", "saved_codes", "questions", "smtp", "embedded", "outbox", "account_notice", "proof_of_work"]
human_check_without_script = ""
[pin.store.embedded]
database = "people.db"
[pin.channel.outbox]
demo = true
path = "outbox.db"
"""
NURSES = {"name": "nurses", "audience": {"groups": ["nurses"]}, "proof": {"optional": ["email", "sms"]}}
EVERYBODY = {"name": "everybody", "position": 2000}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a house that nobody has changed anything in."""
    monkeypatch.chdir(tmp_path)
    return initialise(tmp_path, SETTINGS)


def written(**sections: object) -> str:
    """The name of a file that says this."""
    Path("rules.json").write_text(json.dumps({"keyback": 1, **sections}), encoding="utf-8")
    return "rules.json"


def apply(**sections: object) -> int:
    return main(["config", "apply", written(**sections), "--why", "as agreed"])


def exported(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["config", "export"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def expects(*, allow: bool, about: str = "a nurse", **having: object) -> dict[str, object]:
    return {"about": about, "having": {"store": "embedded", **having}, "allow": allow}


def test_what_was_exported_changes_nothing_when_it_is_applied(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "same.json").write_text(json.dumps(exported(capsys)), encoding="utf-8")
    assert main(["config", "diff", "same.json"]) == 0
    assert main(["config", "apply", "same.json", "--why", "nothing"]) == 0
    assert "Nothing to change." in capsys.readouterr().out


def test_a_file_is_compared_applied_and_found_again(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(policies=[NURSES, EVERYBODY])
    assert main(["config", "diff", file]) == DIFFERENT
    assert "nurses" in capsys.readouterr().out
    with opened() as house:
        assert house.snapshots.current.policies == ()
    assert apply(policies=[NURSES, EVERYBODY]) == 0
    assert [policy["name"] for policy in exported(capsys)["policies"]] == ["nurses", "everybody"]
    assert main(["config", "diff", file]) == 0


def test_toml_says_the_same(here: Path) -> None:
    (here / "rules.toml").write_text('keyback = 1\n[public_rules]\nrelease = "PT3S"\n', encoding="utf-8")
    assert main(["config", "apply", "rules.toml", "--why", "slower"]) == 0
    with opened() as house:
        assert house.snapshots.current.public.release.total_seconds() == 3


def test_plugins_are_set_and_switched_and_secrets_stay(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mail = {"host": "mail.example.org", "sender": "keyback@example.org", "port": 465}
    assert apply(plugins={"channel/smtp": {"on": True, "settings": mail}}) == 0
    assert exported(capsys)["plugins"]["channel/smtp"] == {"on": True, "settings": mail}
    del mail["port"]
    # What the file does not say any more is as it came.
    assert apply(plugins={"channel/smtp": {"on": False, "settings": mail}}) == 0
    assert exported(capsys)["plugins"]["channel/smtp"] == {"on": False, "settings": mail}
    assert apply(plugins={"channel/smtp": {"on": False, "settings": {**mail, "password": "x"}}}) == 1
    assert "password: not for this file to say" in capsys.readouterr().err


def test_what_is_expected_is_asked_of_the_rules_before_they_hold(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    both = ["email", "sms"]
    true = [
        expects(allow=True, groups=["nurses"], methods=both),
        expects(allow=False, about="one way alone", methods=["email"]),
        expects(allow=False, about="switched off", methods=both, enabled=False),
    ]
    assert apply(policies=[NURSES, EVERYBODY], tests=true) == 0
    stricter = {**NURSES, "proof": {"required": ["saved_codes"], "optional": both}}
    assert apply(policies=[stricter, EVERYBODY], tests=true) == 1
    assert "a nurse: gets in by nothing (nurses)" in capsys.readouterr().err
    assert main(["config", "diff", written(policies=[stricter, EVERYBODY], tests=true)]) == 1
    with opened() as house:
        assert house.snapshots.current.policies[0].proof.required == frozenset()


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"policies": [{"name": "x", "proofs": {}}]}, "policies.0.proofs: not known here"),
        ({"policies": [{"name": "x", "proof": {"atleast": 1}}]}, "policies.0.proof.atleast: not known here"),
        ({"public_rules": {"disclosure": "all"}}, "public_rules.disclosure"),
        ({"rules": {}}, "rules: not known here"),
        ({"keyback": 2}, "keyback: must be 1"),
        ({"plugins": {"method/fax": {"on": True}}}, "plugins.method/fax: not loaded here"),
        ({"brand": {"company": "", "help_desk": "Room 7"}}, "company: empty"),
        ({"ticket_cost": {"amount": "-1", "currency": "EUR"}}, "an amount of 0 to 100000"),
        ({"ticket_cost": {"amount": "22.505", "currency": "EUR"}}, "two decimals at most"),
        ({"ticket_cost": {"amount": "NaN", "currency": "EUR"}}, "ticket_cost.amount"),
        ({"ticket_cost": {"amount": "22.50", "currency": "eur"}}, "three capital letters"),
        ({"ticket_cost": {"amount": "22.50"}}, "three capital letters"),
        ({"ticket_cost": {"price": 22.5}}, "ticket_cost.price: not known here"),
        ({"brand": {"company": "Alderwick", "logo": {"name": "x.png"}}}, "brand.logo: not for this file to say"),
        ({"question_sets": [{"name": "x", "questions": [], "policies": ["staff"]}]}, "not-for-all"),
        ({"plugins": {"channel/smtp": {"on": True}}}, "can't be on before these are set"),
        ({"plugins": {"human_check/proof_of_work": {"on": False}}}, "plugins.human_checks in keyback.toml says"),
        ({"plugins": {"method/questions": {"on": True}}}, "--organisation"),
        ({"plugins": {"store/embedded": {"on": True, "settings": {"database": "x"}}}}, "not for this file to say"),
        ({"policies": [{"name": "x", "proof": {"at_least": 0}}]}, "at least one proof is needed"),
        ({"policies": [{**EVERYBODY, "proof": {"at_least": 1}}]}, "everybody"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    here: Path, capsys: pytest.CaptureFixture[str], sections: dict[str, object], said: str
) -> None:
    before = exported(capsys)
    assert apply(**sections) == 1
    assert said in capsys.readouterr().err
    assert exported(capsys) == before


@pytest.mark.parametrize(
    "bad",
    [
        {"brand": {"company": "", "help_desk": "Room 7"}},
        {"question_sets": [{"name": "x", "questions": [], "policies": ["staff"]}]},
        {"plugins": {"method/email": {"on": False}}},
    ],
    ids=["brand", "question_sets", "plugins"],
)
def test_one_flaw_anywhere_and_nothing_of_the_file_holds(
    here: Path, capsys: pytest.CaptureFixture[str], bad: dict[str, object]
) -> None:
    good: dict[str, object] = {
        "public_rules": {"release": "PT3S"},
        "policies": [{**NURSES, "proof": {"required": ["email"], "optional": ["sms"]}}, EVERYBODY],
        "brand": {"company": "Alderwick", "help_desk": "Room 7", "accent": "#7a3b2e"},
    }
    before = exported(capsys)
    assert apply(**{**good, **bad}) == 1
    assert exported(capsys) == before
    with opened() as house, house.records.db.read() as tx:
        assert tx.scalars(select(event.c.name).where(event.c.name.like("%saved"))).all() == []
    assert apply(**good) == 0


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '"x"', '{"keyback": "1"}'])
def test_what_is_no_file_of_ours_is_refused(here: Path, text: str) -> None:
    (here / "rules.json").write_text(text, encoding="utf-8")
    assert main(["config", "apply", "rules.json", "--why", "x"]) == 1


def test_public_rules_and_policies_that_need_each_other_go_in_together(here: Path) -> None:
    only_mail = [{**EVERYBODY, "proof": {"optional": ["email", "saved_codes"]}}]
    for shown in (["email", "saved_codes"], ["email", "sms"]):
        assert apply(public_rules={"methods": shown, "disclosure": Disclosure.GENERIC}, policies=only_mail) == 0
    with opened() as house:
        assert house.snapshots.current.public.methods == ("email", "sms")


def test_what_the_file_itself_switches_on_or_off_counts_in_what_it_expects(here: Path) -> None:
    nurse = {"groups": ["nurses"], "methods": ["email", "sms"]}
    off = {"method/sms": {"on": False}}
    rules = {"policies": [{**NURSES, "proof": {"optional": ["email", "sms", "saved_codes"]}}, EVERYBODY]}
    assert apply(**rules, plugins=off, tests=[expects(allow=True, **nurse)]) == 1
    assert apply(**rules, plugins=off, tests=[expects(allow=False, **nurse)]) == 0
    assert apply(plugins={"method/sms": {"on": True}}, tests=[expects(allow=True, **nurse)]) == 0


def test_questions_are_turned_on_and_counted_by_whoever_answers_for_it(here: Path) -> None:
    counting = {**EVERYBODY, "proof": {"optional": ["email", "sms", "saved_codes", "questions"]}}
    file = written(plugins={"method/questions": {"on": True, "settings": {"to_ask": 4}}}, policies=[counting])
    asked = ["config", "apply", file, "--why", "as agreed"]
    assert main(asked) == 1
    assert main([*asked, "--organisation", "Alderwick"]) == 0
    with opened() as house:
        assert house.snapshots.current.policies[0].proof.optional >= {"questions"}
        assert house.snapshots.current.plugins.methods["questions"].settings.to_ask == 4
    # Nothing is left to answer for.
    assert main(asked) == 0


def test_questions_and_the_brand_are_compared_applied_and_found_again(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [{"id": f"What was number {number}?", "words": {"de": f"Was war Nummer {number}?"}} for number in range(6)]
    sets = [{"name": "Everybody", "questions": asked}]
    brand = {"company": "Alderwick", "help_desk": "Room 7", "accent": "#7a3b2e"}
    assert main(["config", "diff", written(question_sets=sets, brand=brand)]) == DIFFERENT
    said = capsys.readouterr().out
    assert "accent" in said
    assert "Everybody" in said
    assert apply(question_sets=sets, brand=brand) == 0
    found = exported(capsys)
    assert [one["id"] for one in found["question_sets"][0]["questions"]] == [one["id"] for one in asked]
    assert found["brand"]["accent"] == "#7a3b2e"
    assert found["brand"].keys().isdisjoint({"logo", "wordings"})
    assert main(["config", "diff", written(question_sets=found["question_sets"], brand=found["brand"])]) == 0
    # What the file says nothing of stays.
    assert apply(public_rules=found["public_rules"]) == 0
    assert exported(capsys)["brand"] == found["brand"]


def test_what_keyback_toml_says_of_the_brand_is_not_for_the_file(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (here / "keyback.toml").open("a", encoding="utf-8") as settings:
        settings.write('[pages]\npinned = ["company"]\n')
    brand = exported(capsys)["brand"]
    assert apply(brand=brand) == 0
    assert apply(brand={**brand, "company": "Other"}) == 1
    assert "brand.company: keyback.toml decides this" in capsys.readouterr().err


def test_what_a_ticket_costs_is_compared_applied_and_found_again(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "cost.toml").write_text('keyback = 1\n[ticket_cost]\namount = 22.5\ncurrency = "EUR"\n', encoding="utf-8")
    assert main(["config", "diff", "cost.toml"]) == DIFFERENT
    assert "ticket_cost.amount: 0 > 22.5" in capsys.readouterr().out
    assert main(["config", "apply", "cost.toml", "--why", "as our accounts say"]) == 0
    found = exported(capsys)["ticket_cost"]
    assert found == {"amount": "22.5", "currency": "EUR"}
    assert main(["config", "diff", written(ticket_cost=found)]) == 0
    with opened() as house:
        kept = parts_of(house).reports.costs.now()
    assert (str(kept.rules), kept.why) == ("22.50 EUR", "as our accounts say")
    assert apply(ticket_cost={}) == 0
    assert exported(capsys)["ticket_cost"] == {"amount": "0", "currency": ""}
