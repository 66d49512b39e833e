"""A body is small, of one kind, and every field in it stands there once and is known."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from pretend_portal import ID, ORIGIN, Portal, answering

from keyback.core.portal.form_body import MOST_BYTES

FORM = "application/x-www-form-urlencoded"


def sent(portal: Portal, path: str, body: bytes | str, content_type: str = FORM) -> Any:
    headers = {"Sec-Fetch-Site": "same-origin"}
    return portal.browser.post(path, base_url=ORIGIN, data=body, content_type=content_type, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        "identifier=maya&identifier=root",
        "identifier=maya&identifier=",
        "identifier=maya&role=admin",
        "identifier[]=maya",
        "identifier=maya&identifier%00=x",
        "Identifier=maya",
        "identifier=maya&=x",
        "identifier",
        "identifier=%ff",
        b"identifier=maya\x00",
        b"identifier=ma ya",
        b"identifier=maya\r\n",
        "identifier=%ed%a0%80",
        "identifier=maya&" + "&".join(f"x{n}=1" for n in range(60)),
        "identifier=ma\u00ffya".encode(),
        "identifier=maya&offer=sms",
        "identifier=maya;identifier=root&identifier=x",
    ],
)
def test_a_body_that_can_be_read_in_two_ways_is_refused(portal: Portal, body: bytes | str) -> None:
    assert sent(portal, "/recover", body).status_code == 400
    assert portal.service.asked_for("start") == []


@pytest.mark.parametrize(
    "kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", "", "application/xml"]
)
def test_one_content_type_is_read(portal: Portal, kind: str) -> None:
    assert sent(portal, "/recover", "identifier=maya", kind).status_code == 415


def test_the_query_string_is_no_part_of_a_form(portal: Portal) -> None:
    assert sent(portal, "/recover?identifier=root", "identifier=maya").status_code == 303
    ((name, *_),) = portal.service.asked_for("start")
    assert name == "maya"


@pytest.mark.parametrize("path", ["/recover", f"/recover/{ID}"])
def test_a_large_body_is_not_read(portal: Portal, path: str) -> None:
    portal.holding()
    assert sent(portal, path, b"identifier=" + b"m" * 65_600).status_code == 413


def test_half_a_form_is_no_form(portal: Portal) -> None:
    half = {"wsgi.input": BytesIO(b"identifier=maya"), "wsgi.input_terminated": True, "CONTENT_LENGTH": "20"}
    wire: dict[str, Any] = {**half, "CONTENT_TYPE": FORM, "HTTP_SEC_FETCH_SITE": "same-origin"}
    assert portal.browser.post("/recover", base_url=ORIGIN, environ_overrides=wire).status_code == 400
    assert portal.service.asked_for("start") == []


class _Breaking:
    """What a web server hands on of a body that is framed wrongly."""

    def read(self, _size: int = -1) -> bytes:
        raise OSError("chunk of identifier=maya has no end")


def test_a_body_that_cannot_be_read_is_no_fault_of_ours(portal: Portal) -> None:
    wire: dict[str, Any] = {"wsgi.input": _Breaking(), "wsgi.input_terminated": True, "CONTENT_TYPE": FORM}
    wire["HTTP_SEC_FETCH_SITE"] = "same-origin"
    answer = portal.browser.post("/recover", base_url=ORIGIN, environ_overrides=wire)
    assert answer.status_code == 400
    assert "maya" not in answer.text
    assert portal.service.asked_for("start") == []


def test_a_body_may_be_as_large_as_any_honest_form(portal: Portal) -> None:
    solved = b"&proof_of_work=" + b"A" * 4096
    assert sent(portal, "/recover", b"identifier=" + b"%F0%9F%94%91" * 256 + solved).status_code == 303
    # Both fields of the longest password, every sign written in twelve.
    assert MOST_BYTES > 2 * 512 * 12 + 1000


@pytest.mark.parametrize("name", ["destination2", "account", "method", "answer-0", "answer-100", "codes", "code "])
def test_a_field_that_no_page_has_is_refused(portal: Portal, name: str) -> None:
    assert portal.holding().post(offer="email", **{name: "x"}).status_code == 400


@pytest.mark.parametrize("name", ["new_password", "offer", "destination", "answer-1"])
def test_a_field_of_another_page_is_refused(portal: Portal, name: str) -> None:
    assert portal.holding(answering()).post(code="12345678", **{name: "x"}).status_code == 400
    assert portal.service.asked_for("answer") == []


def test_a_form_without_token_or_move_is_not_ours(portal: Portal) -> None:
    portal.holding()
    assert sent(portal, f"/recover/{ID}", "move=continue&offer=email").status_code == 400
    assert sent(portal, f"/recover/{ID}", "token=token-1&offer=email").status_code == 400
    assert portal.post(move="expire").status_code == 400
