"""The demo as a tour: its people, their phones and mailboxes, and what one finds there."""

from __future__ import annotations

import re
from typing import Any

from servers.demo import Visitor
from servers.story import NEW


def test_the_tour_leads_into_somebodys_story_and_to_their_phone(visitor: Visitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.base}/demo/tour")
    page.get_by_role("link", name=re.compile("Forgot my password.*Noor")).click()
    visitor.sees("start")
    assert page.get_by_label("Work e-mail or user name").input_value() == "noor"
    page.go_back()
    with visitor.context.expect_page() as opened:
        page.get_by_role("link", name=re.compile("Phone and mailbox.*Noor")).click()
    assert opened.value.locator("h1").inner_text() == "Noor Haddad"


def test_the_way_to_the_phone_stands_on_keybacks_own_pages_and_keeps_the_place(visitor: Visitor) -> None:
    visitor.forgot("maya")
    for _ in range(2):
        with visitor.context.expect_event("requestfinished", lambda asked: "/demo/outbox" in asked.url):
            visitor.page.get_by_role("link", name="Phone and mailbox").click()
        visitor.sees("choosing")
    # Always the same tab: the two of the visitor, and the phone's.
    assert len(visitor.context.pages) == 3


def test_an_open_phone_says_that_something_arrived_and_shows_it_on_wish(visitor: Visitor) -> None:
    phone = visitor.outbox
    phone.goto(f"{visitor.base}/demo/outbox?person=jfrost")
    before = phone.locator("article").count()
    visitor.forgot("jfrost")
    visitor.choose("E-mail")
    visitor.sees("answering")
    phone.bring_to_front()
    phone.get_by_role("status").filter(has_text="Something new arrived.").wait_for()
    phone.get_by_role("link", name="Look again").click()
    phone.wait_for_function("before => document.querySelectorAll('article').length > before", arg=before)


def test_a_code_is_copied_by_a_press(visitor: Visitor) -> None:
    visitor.forgot("noor")
    visitor.choose("E-mail")
    visitor.sees("answering")
    code = visitor.code("email", "noor@home.example")
    visitor.outbox.bring_to_front()
    visitor.outbox.get_by_role("button", name=f"Copy {code}").click()
    visitor.outbox.get_by_text("Copied.").wait_for()
    visitor.page.bring_to_front()
    visitor.page.locator("#code").press("Control+V")
    assert visitor.page.locator("#code").input_value() == code


def test_without_scripts_the_phone_shows_what_arrived_when_one_looks_again(chromium: Any, demo: str) -> None:
    visitor = Visitor(chromium, demo, java_script_enabled=False)
    phone = visitor.outbox
    phone.goto(f"{demo}/demo/outbox?person=noor")
    phone.get_by_role("link", name="Look again").click()
    assert phone.locator("article[data-to='noor@home.example'] .digits").count() > 0
    assert phone.locator("button:visible").count() == 0
    assert visitor.complaints == []
    visitor.context.close()


def test_this_wasnt_me_is_a_link_in_the_mail_and_the_help_desk_is_told(visitor: Visitor) -> None:
    visitor.forgot("sam")
    visitor.choose("E-mail")
    visitor.sees("answering")
    visitor.type_code(visitor.code("email", "sam@home.example"))
    visitor.sees("closed")
    mailbox = visitor.outbox
    link = mailbox.locator("article[data-to='sam@home.example'] a").first
    for _ in range(100):
        mailbox.goto(f"{visitor.base}/demo/outbox?person=sam")
        if link.count():
            break
    link.click()
    mailbox.get_by_role("button", name="Stop self-service for my account").click()
    mailbox.get_by_role("heading", name="Thank you for telling us.").wait_for()
    told = mailbox.locator("article[data-to='help.desk@alderwick.example']")
    for _ in range(100):
        mailbox.goto(f"{visitor.base}/demo/outbox?person=help-desk")
        if told.count():
            break
    assert told.count() == 1


def test_ida_sets_both_of_her_passwords_in_one_go(visitor: Visitor) -> None:
    visitor.forgot("ida")
    visitor.prove("ida@home.example", "+447700900134")
    visitor.renew(NEW)
    visitor.sees("done")
    assert visitor.page.locator("h1").inner_text() == "Both passwords are set"
    assert visitor.page.get_by_text("It works now for Alderwick sign-in and Alderwick Cloud.").count() == 1
    for name in ("ida", "ida.moreau@cloud.example"):
        visitor.page.goto(f"{visitor.base}/demo")
        assert visitor.signs_in(name, NEW)
