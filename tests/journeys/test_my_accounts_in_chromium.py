"""Two accounts of one person in a real browser: joined, parted, and reset while one of their directories stops."""

from __future__ import annotations

from pathlib import Path

from servers.demo import Visitor
from servers.story import NEW
from servers.two_directories import locked

from keyback.config.demo.people import KIT_IN_THE_CLOUD, KITS

CLOUD = "Alderwick Cloud"


def refusals_are_expected(visitor: Visitor) -> None:
    visitor.complaints = [said for said in visitor.complaints if "status of 422" not in said]


def join(visitor: Visitor, password: str) -> None:
    page = visitor.page
    page.get_by_label(CLOUD).check()
    page.get_by_label("Sign-in name there").fill(KIT_IN_THE_CLOUD)
    page.get_by_label("Its password").fill(password)
    visitor.press("Sign in and join")


def test_kit_joins_an_account_in_the_cloud_and_parts_it_again(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.base}/")
    page.get_by_role("link", name="My accounts").click()
    visitor.sees("demo-sign-in")
    page.get_by_label("User name").fill("kit")
    page.get_by_label("Password").fill(KITS)
    visitor.press("Sign in")
    visitor.sees("asked")
    visitor.press("Later")
    visitor.sees("accounts")
    page.get_by_role("link", name="Join another account").click()
    visitor.sees("join-account")
    join(visitor, "not the password")
    visitor.is_told_of_a_problem()
    assert page.get_by_label("Sign-in name there").input_value() == KIT_IN_THE_CLOUD
    assert page.get_by_label("Its password").input_value() == ""
    refusals_are_expected(visitor)
    join(visitor, KITS)
    page.get_by_role("heading", name="Your accounts are joined").wait_for()
    page.get_by_role("link", name="Part this account").click()
    page.get_by_role("heading", name=f"Part {KIT_IN_THE_CLOUD}?").wait_for()
    visitor.press("Part it")
    page.get_by_role("heading", name=f"{KIT_IN_THE_CLOUD} is parted").wait_for()
    assert page.locator("[data-store]").count() == 1


def test_ida_is_told_the_truth_about_both_and_finishes_what_failed(visitor: Visitor, demo_folder: Path) -> None:
    page = visitor.page
    visitor.forgot("ida")
    visitor.prove("ida@home.example", "+447700900134")
    with locked(demo_folder / "var" / "demo" / "cloud.db"):
        visitor.renew(NEW)
        visitor.sees("outcomes")
    assert page.locator("h1").inner_text() == "One of two passwords is set"
    told = page.locator("[data-outcome]").evaluate_all("all => all.map(({dataset: d}) => `${d.store} ${d.outcome}`)")
    assert told == ["embedded set", "pretend_cloud not-set"]
    page.get_by_role("link", name=f"Try again for {CLOUD}").click()
    visitor.sees("renewing")
    visitor.renew(NEW)
    visitor.sees("done")
    assert page.locator("h1").inner_text() == "Both passwords are set"
    for name in ("ida", "ida.moreau@cloud.example"):
        page.goto(f"{visitor.base}/demo")
        assert visitor.signs_in(name, NEW)
