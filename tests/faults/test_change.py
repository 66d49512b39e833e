"""A change of a known password whose order or answer is lost, or whose process dies: the page tells the truth."""

from __future__ import annotations

from servers.browser import Browser, Page
from servers.changing_story import send_change, start_change, wait_for_change
from servers.fault_proxy import FaultProxy, Mode
from servers.keyback import Keyback
from servers.serving import Serve
from servers.slapd import PASSWORD, Slapd, Someone
from servers.stopped import Stopped
from servers.story import NEW


def stopped_before_the_order(serve: Serve, slapd: Slapd) -> tuple[Keyback, Someone, Browser, Page, Stopped]:
    keyback, person = serve(), slapd.person()
    browser, stopped = keyback.browser(), Stopped(keyback)
    page = send_change(browser, start_change(browser, person.uid), PASSWORD)
    stopped.wait()
    return keyback, person, browser, page, stopped


def lose(proxy: FaultProxy, mode: Mode) -> None:
    """The second thing that is sent: the object is looked at once more. Whatever asks for the truth comes through."""
    proxy.on_bytes = lambda _: proxy.heal() if proxy.bytes_seen.is_set() else None
    proxy.fault(mode, skip=1)


def test_a_lost_reply_is_found_out(serve: Serve, slapd: Slapd, proxy: FaultProxy) -> None:
    _, person, browser, page, stopped = stopped_before_the_order(serve, slapd)
    lose(proxy, Mode.SWALLOW_REPLY)
    stopped.go_on()
    assert wait_for_change(browser, page).stage == "changed"
    assert slapd.writes(person.dn) == 1


def test_a_lost_order_is_found_out(serve: Serve, slapd: Slapd, proxy: FaultProxy) -> None:
    _, person, browser, page, stopped = stopped_before_the_order(serve, slapd)
    lose(proxy, Mode.SWALLOW_REQUEST)
    stopped.go_on()
    told = wait_for_change(browser, page)
    assert told.stage == "asking"
    assert "Nothing was changed; your old password still works." in told.text
    assert slapd.bind(person.dn, PASSWORD)[0] == 0
    assert slapd.writes(person.dn) == 0


def test_whoever_dies_before_the_order_has_changed_nothing(serve: Serve, slapd: Slapd) -> None:
    _, person, browser, page, stopped = stopped_before_the_order(serve, slapd)
    stopped.kill()
    told = wait_for_change(browser, page)
    assert told.stage == "asking"
    assert "Nothing was changed; your old password still works." in told.text
    assert slapd.bind(person.dn, PASSWORD)[0] == 0


def test_whoever_dies_after_the_order_has_changed_it(serve: Serve, slapd: Slapd) -> None:
    keyback, person = serve(), slapd.person()
    browser, stopped = keyback.browser(), Stopped(keyback, "write-answered")
    page = send_change(browser, start_change(browser, person.uid), PASSWORD)
    stopped.wait()
    stopped.kill()
    assert wait_for_change(browser, page).stage == "changed"
    assert slapd.bind(person.dn, NEW)[0] == 0
    assert slapd.writes(person.dn) == 1
