"""The phone's page: the same for everybody, no cookie, and one address for what phones say."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pretend_portal import NOW, Portal, a_recovery

from keyback.core.contracts.device import Statement
from keyback.core.portal import phone_pages
from keyback.core.portal.form_body import MOST_BYTES
from keyback.core.recovery.state import Pick, Recovery, Stage
from keyback.core.service.enrolling.phones import Reply, Request, Said
from keyback.core.testing import a_context
from keyback.plugins.methods.phone_approval import PhoneApproval

STATIC = Path(phone_pages.__file__).parent / "static"
SAID = {"device": "a-phone", "words": '{"what": "asks"}', "signature": "c2lnbmVk"}


def say(portal: Portal, headers: dict[str, str] | None = None, **fields: str) -> Any:
    given = {"Sec-Fetch-Site": "same-origin"} if headers is None else headers
    address = "https://reset.alderwick.example"
    return portal.browser.post("/phone/say", base_url=address, data=fields or SAID, headers=given)


def test_the_page_is_everybodys_and_says_what_time_it_is(portal: Portal) -> None:
    page = portal.get("/phone/")
    assert page.status_code == 200
    assert f'data-now="{round(NOW.timestamp() * 1000)}"' in page.text
    assert 'data-wake-key="the-public-half"' in page.text
    assert "JavaScript is switched off" in page.text
    assert "Set-Cookie" not in page.headers
    assert portal.service.asked_for("hear") == []


def test_its_policy_lets_in_a_worker_and_a_manifest_of_ours_and_nothing_else(portal: Portal) -> None:
    policy = portal.get("/phone/").headers["Content-Security-Policy"]
    assert "worker-src 'self'" in policy
    assert "manifest-src 'self'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy


def test_the_worker_comes_from_below_its_own_page_and_may_act_there_alone(portal: Portal) -> None:
    worker = portal.get("/phone/worker.js")
    assert worker.content_type == "text/javascript; charset=utf-8"
    assert worker.data == (STATIC / "phone_worker.js").read_bytes()
    assert "Service-Worker-Allowed" not in worker.headers
    assert worker.headers["Cache-Control"] == "no-store"


def test_the_manifest_opens_the_page_and_stays_on_it(portal: Portal) -> None:
    manifest = portal.get("/phone/app.webmanifest")
    assert manifest.content_type == "application/manifest+json"
    said = json.loads(manifest.data)
    assert (said["start_url"], said["scope"], said["name"]) == ("/phone/", "/phone/", "Alderwick")
    assert portal.get(said["icons"][0]["src"]).content_type == "image/png"


def test_what_a_phone_says_reaches_the_service_and_its_reply_the_phone(portal: Portal) -> None:
    waits = Request("r1", "maya.okafor", NOW - timedelta(seconds=12), NOW + timedelta(minutes=4))
    portal.service.answers["hear"] = Reply(Said.WAITING, (waits,), 2)
    told = say(portal).get_json()
    assert portal.service.asked_for("hear") == [[Statement(**SAID)]]
    assert told == {
        "said": "waiting",
        "left": 2,
        "waiting": [{"id": "r1", "account": "maya.okafor", "seconds": 12}],
        "now": round(NOW.timestamp() * 1000),
    }


def test_a_phone_is_not_known_by_a_cookie(portal: Portal) -> None:
    held = portal.holding()
    answer = say(held)
    assert "Set-Cookie" not in answer.headers
    assert answer.get_json()["said"] == "unknown"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({**SAID, "more": "x"}, 400),
        ({**SAID, "words": "x" * MOST_BYTES}, 413),
        ({"device": "a-phone"}, 200),
    ],
)
def test_what_no_page_of_ours_says(portal: Portal, fields: dict[str, str], status: int) -> None:
    assert say(portal, **fields).status_code == status


def test_another_sites_page_says_nothing_here(portal: Portal) -> None:
    assert say(portal, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert portal.service.asked_for("hear") == []


# Where somebody recovers ----------------------------------------------------------------------------------------------


def asked() -> Recovery:
    drawn = PhoneApproval(PhoneApproval.Settings()).begin(None, a_context("first"))
    return a_recovery(stage=Stage.ANSWERING, pick=Pick("phone_approval", "c1", drawn, NOW))


def test_the_number_stands_on_the_page_and_not_in_its_title(portal: Portal) -> None:
    recovery = asked()
    page = portal.holding(recovery).get().text
    assert recovery.pick is not None
    number = recovery.pick.challenge.secret["number"]
    assert f'<h1>Type <span class="shown-number">{number}</span> on your phone</h1>' in page
    assert number not in page.partition("<title>")[2].partition("</title>")[0]
    assert recovery.pick.challenge.secret["request"] not in page


def test_without_a_script_a_button_asks_again(portal: Portal) -> None:
    page = portal.holding(asked()).get().text
    assert '<button name="move" value="continue" data-go-on>I’ve done it</button>' in page
    assert "data-poll=" in page
