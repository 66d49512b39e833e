"""What two administrators decide: only they see it, and nobody decides what they put up themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from servers.small_console import AUDITOR, HELP_DESK, SmallConsole, opened

from keyback.core.service.administrators.actor import Role


@pytest.fixture
def console(tmp_path: Path, migrated: Path) -> Iterator[SmallConsole]:
    with opened(migrated, tmp_path) as console:
        console.house.add("boss", privileged=True)
        yield console


def put_up(console: SmallConsole, why: str = "lost the phone") -> str:
    """Where somebody decides about it."""
    person = console.post("/admin/people/", {"name": "boss"}).location
    remove = re.search(r'href="([^"]+/remove/[^"]+)"', console.get(person).text)
    assert remove
    assert console.post(remove[1], {"why": why}).status_code == 200
    address = re.findall(r'href="(/admin/approvals/[0-9a-f]+)"', console.get("/admin/approvals/").text)
    return str(address[0])


def methods(console: SmallConsole) -> int:
    with console.house.records.db.read() as tx:
        person = console.house.records.keyring.pseudonym("fake", "id-of-boss")
        return len(console.house.records.enrolments.of(tx, person))


def test_another_administrator_approves_it(console: SmallConsole) -> None:
    address, other = put_up(console), console.colleague()
    page = other.get(address).text
    assert "Remove Saved code of boss" in page
    assert "lost the phone" in page
    assert other.post(f"{address}/approve").status_code == 303
    assert methods(console) == 0
    assert "Approved" in other.get("/admin/approvals/").text
    assert other.post(f"{address}/approve").status_code == 422


def test_nobody_approves_their_own(console: SmallConsole) -> None:
    address = put_up(console)
    assert "/approve" not in console.get(address).text
    refused = console.post(f"{address}/approve")
    assert refused.status_code == 422
    assert "Another administrator decides." in refused.text
    assert methods(console) == 1
    assert console.post(f"{address}/refuse").status_code == 303
    assert "Withdrawn" in console.get(address).text


def test_it_is_refused_with_a_reason(console: SmallConsole) -> None:
    address, other = put_up(console), console.colleague()
    assert other.post(f"{address}/refuse", {"why": "x" * 201}).status_code == 422
    assert other.post(f"{address}/refuse", {"why": "not now"}).status_code == 303
    assert methods(console) == 1
    assert "Refused" in console.get(address).text


@pytest.mark.parametrize("role", [AUDITOR, HELP_DESK])
def test_only_administrators_see_and_decide(console: SmallConsole, role: Role) -> None:
    address, other = put_up(console), console.as_(role)
    for path in ("/admin/approvals/", address):
        assert other.get(path).status_code == 403
    assert other.post(f"{address}/approve").status_code == 403
    assert methods(console) == 1


def test_a_form_from_elsewhere_or_an_old_sign_in_decides_nothing(console: SmallConsole) -> None:
    address, other = put_up(console), console.colleague()
    assert other.post(f"{address}/approve", token="").status_code == 403
    other.desk.ago = timedelta(minutes=6)
    assert other.post(f"{address}/approve").status_code == 403
    assert methods(console) == 1


def test_what_is_written_stays_text(console: SmallConsole) -> None:
    address = put_up(console, "<script>alert(1)</script>")
    for path in (address, "/admin/approvals/"):
        page = console.colleague().get(path).text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize("before", ["x", "-1", "1" * 17, "²"])
def test_an_older_page_is_asked_for_by_a_moment_alone(console: SmallConsole, before: str) -> None:
    assert console.get(f"/admin/approvals/?before={before}").status_code == 400


def test_an_empty_list_says_what_will_be_here(console: SmallConsole) -> None:
    assert "Nothing is to be decided" in console.get("/admin/approvals/").text
    assert console.get("/admin/approvals/none-such").status_code == 403
