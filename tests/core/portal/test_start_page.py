"""Who are you? Nothing is there before the button is pressed."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from pretend_portal import LISTED, ORIGIN, Portal

from keyback.core.contracts.errors import NotAllowed
from keyback.core.contracts.text import Text
from keyback.core.service.start import Arrival


def test_the_start_page_asks_one_question(portal: Portal) -> None:
    page = portal.get("/recover").text
    assert '<main data-page="start" data-stage="start">' in page
    assert '<input id="identifier" name="identifier" type="text" value="" autocomplete="username"' in page
    assert 'name="proof_of_work"' in page
    assert "A try lasts 20 minutes." in page


@pytest.mark.parametrize("path", ["/", "/recover", "/go/alderwick", "/go/alderwick?login_hint=maya", "/healthz"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_starts_nothing(portal: Portal, path: str, method: str) -> None:
    assert portal.browser.open(path, base_url=ORIGIN, method=method).status_code == 200
    assert {what for what, *_ in portal.service.asked} <= {"widget", "whoever"}


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        ("maya.okafor", "maya.okafor"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('" autofocus onfocus="alert(1)', "&#34; autofocus onfocus=&#34;alert(1)"),
        ("maya%0d%0aSet-Cookie: x=1", "mayaSet-Cookie: x=1"),
        ("m" * 1_000_000, "m" * 256),
        ("{{7*7}}", "{{7*7}}"),
        ("ma%00ya%E2%80%AE", "maya"),
    ],
)
def test_a_hint_only_fills_the_field_in(portal: Portal, hint: str, shown: str) -> None:
    for path in ("/recover", "/go/alderwick"):
        response = portal.get(path, query_string=f"login_hint={hint}")
        assert response.status_code == 200
        assert f'value="{shown}" autocomplete="username"' in response.text
        assert "x=1" not in str(response.headers)


def test_two_hints_are_none(portal: Portal) -> None:
    assert 'value="" autocomplete="username"' in portal.get("/recover?login_hint=maya&login_hint=root").text


@pytest.mark.parametrize("query", ["lang=../../etc/passwd", "brand=%00", "tenant=..%2f", "x=1&x=2", "next=//x.example"])
def test_whatever_else_a_link_says_is_ignored(portal: Portal, query: str) -> None:
    assert portal.get(f"/recover?{query}").text.split("nonce")[0] == portal.get("/recover").text.split("nonce")[0]


def test_starting_hands_the_service_what_it_needs_and_redirects(portal: Portal) -> None:
    response = portal.post("/recover", identifier="maya", proof_of_work="solved", entry="alderwick", return_to=LISTED)
    assert portal.moved(response)
    arrival = Arrival("127.0.0.1", browser="", entry="alderwick", return_to=LISTED, language="en")
    assert portal.service.asked_for("start") == [["maya", {"proof_of_work": "solved"}, arrival]]


def test_an_empty_name_is_asked_for_again(portal: Portal) -> None:
    response = portal.post("/recover", identifier="  ")
    assert response.status_code == 422
    assert portal.service.asked_for("start") == []
    assert "<title>Problem: Who are you? – Alderwick</title>" in response.text
    assert '<a href="#identifier">Enter your work e-mail or user name</a>' in response.text
    assert 'aria-invalid="true"' in response.text


def test_organisations_are_chosen_from_where_there_are_several(portal: Portal) -> None:
    assert 'name="organisation"' not in portal.get("/recover").text
    portal.service.answers["organisations"] = ("Alderwick", 'Bracken "& <Mills>')
    for path in ("/recover", "/go/alderwick"):
        page = portal.get(path).text
        assert '<label for="organisation">Your organisation</label>' in page
        assert '<option value="Bracken &#34;&amp; &lt;Mills&gt;">Bracken &#34;&amp; &lt;Mills&gt;</option>' in page
    portal.post("/recover", identifier="maya", organisation="Alderwick")
    ((_, _, arrival),) = portal.service.asked_for("start")
    assert arrival.organisation == "Alderwick"


def test_what_was_chosen_stays_where_something_else_is_wrong(portal: Portal) -> None:
    portal.service.answers["organisations"] = ("Alderwick", "Bracken Mills")
    page = portal.post("/recover", identifier=" ", organisation="Bracken Mills").text
    assert '<option value="Bracken Mills" selected>' in page
    choose = Text("Choose your organisation")
    portal.service.answers["start"] = NotAllowed(choose, {"organisation": choose})
    page = portal.post("/recover", identifier="maya", organisation="Elsewhere").text
    assert '<a href="#organisation">Choose your organisation</a>' in page
    assert 'aria-describedby="organisation-error"' in page
    assert "Elsewhere" not in page


def test_a_failed_human_check_keeps_the_name_and_sets_no_cookie(portal: Portal) -> None:
    portal.service.answers["start"] = NotAllowed(Text("The check ran out of time. Press Continue again."))
    response = portal.post("/recover", identifier="maya", proof_of_work="old")
    assert response.status_code == 422
    assert "The check ran out of time. Press Continue again." in response.text
    assert 'value="maya"' in response.text
    assert "Set-Cookie" not in response.headers


def test_an_unknown_door_does_not_exist(portal: Portal) -> None:
    assert portal.get("/go/nobody").status_code == 404
    assert portal.get("/go/../admin").status_code == 404
    assert portal.post("/recover", identifier="maya", entry="nobody").status_code == 400


# D2: sixty ways to write somebody else's address, none of them is a listed one.
FOREIGN = (
    *(
        f"{scheme}evil.example"
        for scheme in (
            "https://",
            "http://",
            "//",
            "///",
            "////",
            "\\\\",
            "/\\",
            "\\/",
            "https:",
            "https:/",
            "https:\\\\",
            "http:\\",
            "HTTPS://",
            "ftp://",
            "https:///",
            "https:////",
            " https://",
            "\thttps://",
            "\nhttps://",
            "ht\ntps://",
            "%2f%2f",
            "/%2f",
            "/%5c",
            "%5c%5c",
            "/./",
            "/../",
            "//%00",
            "https://%00",
            "\x00//",
            "https%3a%2f%2f",
            "https://@",
            "://",
        )
    ),
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "blob:https://evil.example/x",
    "file:///etc/passwd",
    "about:blank",
    "view-source:x",
    "https://sign-in.alderwick.example@evil.example/",
    "https://sign-in.alderwick.example:x@evil.example",
    "https://sign-in.alderwick.example.evil.example/",
    "https://evil.example/sign-in.alderwick.example",
    "https://evil.example#https://sign-in.alderwick.example/",
    "https://evil.example?https://sign-in.alderwick.example",
    "https://sign-in.alderwick.example\\@evil.example",
    "https://sign-in.alderwick.example%2eevil.example",
    "https://sign-in.alderwick.example:8443/back?from=reset",
    "http://sign-in.alderwick.example/back?from=reset",
    "https://sign-in.alderwick.example/other",
    f"{LISTED}&next=//evil.example",
    f"{LISTED}#x",
    f" {LISTED}",
    f"{LISTED} ",
    f"{LISTED}\n",
    f"{LISTED}/..",
    LISTED.upper(),
    LISTED.replace("alderwick", "\u0430lderwick"),
    "/",
    "..",
    ".",
    "*",
    "https://evil.example",
    "https://[::1]/",
    "https://127.0.0.1/",
    "https://0x7f000001/",
    "https://xn--e1awd7f.example",
)


def test_there_are_sixty_spellings() -> None:
    assert len(set(FOREIGN)) >= 60


@pytest.mark.parametrize("address", FOREIGN)
def test_no_spelling_of_another_address_is_kept(portal: Portal, address: str) -> None:
    page = portal.get("/go/alderwick", query_string={"return_to": address})
    assert page.status_code == 200
    assert 'name="return_to"' not in page.text
    started = portal.post("/recover", identifier="maya", entry="alderwick", return_to=address)
    assert portal.moved(started)
    *_, arrival = portal.service.asked_for("start")[-1]
    assert arrival.return_to == ""


def test_a_listed_address_is_kept(portal: Portal) -> None:
    page = portal.get("/go/alderwick", query_string={"return_to": LISTED}).text
    assert re.search(r'name="return_to" value="([^"]+)"', page)[1] == LISTED  # type: ignore[index]


def test_without_a_door_no_address_is_kept(portal: Portal) -> None:
    portal.post("/recover", identifier="maya", return_to=LISTED)
    *_, arrival = portal.service.asked_for("start")[-1]
    assert (arrival.entry, arrival.return_to) == ("", "")


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "//evil.example/recover",
        "/\\evil.example",
        "/%2f/evil.example",
        "/%5cevil.example",
        "//recover",
        "/recover/",
        "/go/alderwick/",
        "/go//alderwick",
        "/.//evil.example",
        "/recover/..//evil.example",
        "/recover%2f",
    ],
)
def test_no_path_is_tidied_into_a_redirect(portal: Portal, path: str) -> None:
    # As the server hands it on: the test client would take a leading // for a host.
    response = portal.browser.get("/", base_url=ORIGIN, environ_overrides={"PATH_INFO": unquote(path)})
    assert response.status_code == 404
    assert "Location" not in response.headers
    assert "evil.example" not in response.text


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "PROPFIND", "CONNECT"])
@pytest.mark.parametrize("path", ["/", "/recover", "/go/alderwick", "/recover/x", "/recover/x/stage", "/healthz"])
def test_other_methods_do_nothing(portal: Portal, method: str, path: str) -> None:
    response = portal.browser.open(path, base_url=ORIGIN, method=method)
    assert response.status_code == 405
    assert "OPTIONS" not in response.headers["Allow"]
    assert portal.service.asked == []


def test_a_method_cannot_be_swapped_by_a_header_or_a_field(portal: Portal) -> None:
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        portal.get("/recover", headers={name: "POST"})
    portal.get("/recover?_method=POST&identifier=maya")
    assert portal.service.asked_for("start") == []


def test_readyz_says_when_it_cannot_serve(portal: Portal) -> None:
    assert portal.get("/readyz").status_code == 200
