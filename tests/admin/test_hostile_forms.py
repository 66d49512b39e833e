"""No form of the console takes what its page does not offer: it is refused, the log says so once, and nothing changes.

The forms are those that stand on the console's own pages, and each address that takes one is among them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from servers.console_forms import words
from servers.console_pages import PageForm, Walk, endpoint_of, posts
from servers.rows import Row
from servers.small_console import SmallConsole
from werkzeug.test import TestResponse

from keyback.admin.app import LARGEST_BODY
from keyback.admin.plugin_screens import PART_SCREENS

STRANGE = "This form holds something that its page doesn't offer. Nothing was changed."
UNREADABLE = "This holds characters that can't be kept. Nothing was changed."
PARTS = {screen.key for screen in PART_SCREENS}
Rows = Callable[[], set[Row]]
Spoilt = Callable[[PageForm], Iterator[Mapping[str, Any]]]


def token(console: SmallConsole) -> str:
    return f"form of {console.key}"


def kind_of(endpoint: str) -> str:
    """The screens of plugins are one."""
    screen, _, view = endpoint.rpartition(".")
    return f"plugins.{view}" if screen in PARTS else endpoint


def test_each_address_that_takes_a_form_is_walked(walk: Walk) -> None:
    known = {kind_of(endpoint_of(walk.console, action, "POST")) for action in walk.forms}
    assert {kind_of(rule.endpoint) for rule in posts(walk.console)} == known


def beyond(form: PageForm) -> Iterator[Mapping[str, Any]]:
    stands = form.as_it_stands()
    for name in ("beyond", "is_admin", "role", "Token", "version[]"):
        yield {**stands, name: "1"}


def doubled(form: PageForm) -> Iterator[Mapping[str, Any]]:
    stands = form.as_it_stands()
    for name in {*form.typed, *form.chosen, "do", "after", "number", "version"} & stands.keys():
        yield {**stands, name: [*stands[name], *stands[name]]}


def doubled_token(form: PageForm) -> Iterator[Mapping[str, Any]]:
    yield {**form.as_it_stands(), "token": ["form of administrator", "form of administrator"]}


def nul(form: PageForm) -> Iterator[Mapping[str, Any]]:
    for name in form.typed:
        yield {**form.as_it_stands(), name: "jo\0anna"}


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [(beyond, STRANGE), (doubled, STRANGE), (doubled_token, STRANGE), (nul, UNREADABLE)],
)
def test_it_is_refused_with_a_sentence_and_one_line_in_the_log(
    walk: Walk, rows: Rows, spoilt: Spoilt, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    before, count = rows(), 0
    for form in walk.forms.values():
        for sent in spoilt(form):
            caplog.clear()
            with caplog.at_level(logging.WARNING, "keyback.console"):
                page = walk.console.post(form.action, sent)
            assert page.status_code == 400, (form.action, sent)
            assert said in words(page), (form.action, sent)
            (line,) = caplog.messages
            assert line == f"refused what no page of ours sends, at {endpoint_of(walk.console, form.action, 'POST')}"
            count += 1
    assert count > 50
    assert rows() == before


def test_what_is_shown_in_another_order_than_it_is_read_in_is_refused(walk: Walk, rows: Rows) -> None:
    before = rows()
    for form in walk.forms.values():
        for name in form.typed:
            page = walk.console.post(form.action, {**form.as_it_stands(), name: "Ada\u202eeoD nhoJ"})
            assert page.status_code == 422, (form.action, name)
    assert rows() == before


@pytest.mark.parametrize("unseen", ["\a", "\u200b", "\U0001f469\u200d\U0001f4bb"])
def test_a_reason_that_cannot_be_shown_whole_is_refused_at_its_field(walk: Walk, rows: Rows, unseen: str) -> None:
    before, count = rows(), 0
    for form in walk.forms.values():
        if "why" in form.typed:
            page = walk.console.post(form.action, {**form.as_it_stands(), "why": f"they asked{unseen}"})
            assert page.status_code == 422, form.action
            count += 1
    assert count > 20
    assert rows() == before


def test_what_is_no_choice_of_a_list_is_refused(walk: Walk, rows: Rows) -> None:
    before, count = rows(), 0
    for form in walk.forms.values():
        for name in form.chosen:
            page = walk.console.post(form.action, {**form.as_it_stands(), name: "beyond"})
            assert page.status_code == 422, (form.action, name)
            count += 1
    assert count > 20
    assert rows() == before


def _raw(
    console: SmallConsole, form: PageForm, body: bytes, kind: str = "application/x-www-form-urlencoded"
) -> TestResponse:
    headers = {**console._headers(), "Sec-Fetch-Site": "same-origin"}
    return console.client.post(form.action, data=body, content_type=kind, headers=headers)


@pytest.mark.parametrize("encoded", ["%FF", "%ED%A0%80", "%C0%AF", "%E2%82"])
def test_what_is_no_text_is_refused(walk: Walk, rows: Rows, encoded: str) -> None:
    before, console = rows(), walk.console
    for form in walk.forms.values():
        for name in form.typed:
            stands = {**form.as_it_stands(), "token": token(console)}
            body = urlencode({**stands, name: ""}, doseq=True).replace(f"{quote(name)}=", f"{quote(name)}={encoded}", 1)
            page = _raw(console, form, body.encode())
            assert page.status_code == 400, (form.action, name)
            assert UNREADABLE in words(page)
    assert rows() == before


def test_what_is_too_large_or_no_form_at_all_is_refused_unread(walk: Walk, rows: Rows) -> None:
    before, console = rows(), walk.console
    for form in walk.forms.values():
        sent = urlencode({**form.as_it_stands(), "token": token(console)}, doseq=True)
        assert _raw(console, form, f"{sent}&why={'x' * (1 << 20)}".encode()).status_code == 413, form.action
        assert _raw(console, form, b"x" * (LARGEST_BODY + 1), "multipart/form-data; boundary=x").status_code == 413
        assert _raw(console, form, f'{{"token": "{token(console)}"}}'.encode(), "application/json").status_code == 403
        assert _raw(console, form, sent.encode("utf-16")).status_code == 403, form.action
    assert rows() == before


def test_a_file_is_taken_where_the_page_asks_for_one_and_nowhere_else(walk: Walk, rows: Rows) -> None:
    before, console = rows(), walk.console
    part = 'Content-Disposition: form-data; name="{}"{}\r\n\r\n{}\r\n'
    for form in walk.forms.values():
        fields = [part.format(name, "", value) for name, values in form.as_it_stands().items() for value in values]
        fields += [part.format("token", "", token(console)), part.format("beyond", '; filename="a"', "x")]
        body = "".join(f"--kb\r\n{field}" for field in fields) + "--kb--\r\n"
        page = _raw(console, form, body.encode(), "multipart/form-data; boundary=kb")
        assert page.status_code == 400, form.action
        assert STRANGE in words(page)
    assert rows() == before


@pytest.mark.parametrize("address", ["/admin/people/person/a%00b", "/admin/records/?name=%00", "/admin/brand/?x=%00"])
def test_no_address_holds_what_cannot_be_kept(walk: Walk, address: str) -> None:
    page = walk.console.get(address)
    assert page.status_code == 400
    assert UNREADABLE in words(page)
