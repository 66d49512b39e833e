"""`keyback demo`: a pretend company on this machine, with a pretend phone and mailbox. Nothing is sent anywhere."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe

from ...core.contracts.people import AccountKey
from ...core.contracts.text import Secret
from ...core.recovery.policy import Policy, ProofRules
from ...core.service.sending.numbers import regions
from .. import key_file, logging
from ..demo import client_pages
from ..demo.pages import LOGO
from ..demo.people import ADMINISTRATORS, AGENTS, AUDITORS, HELP_DESK, PEOPLE, STAFF
from ..house import House
from ..loading import checked, parse
from ..settings import Settings
from .opened import Subparsers, opened
from .people import TakesPeople
from .serve import Server

FOLDER = Path("var/demo")
PLUGINS = (
    *("sms", "voice", "email", "authenticator", "webauthn", "phone_approval", "questions", "saved_codes"),
    *("embedded", "pretend_cloud", "outbox"),
    *("account_notice", "proof_of_work", "picture_and_sound"),
)
FORGOTTEN = "what nobody remembers any more"


def add(subparsers: Subparsers) -> None:
    """Its line in `keyback --help`."""
    parser = subparsers.add_parser("demo", help="a pretend company on this machine, made anew at every start")
    parser.add_argument("--port", type=int, default=8080)
    whose = "a plugin of yours to try in it; may be said several times"
    parser.add_argument("--with", dest="more", action="append", default=[], metavar="PLUGIN", help=whose)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Fresh keys and fresh people at every start."""
    settings = demo_settings(FOLDER.absolute(), arguments.port, arguments.more)
    logging.configure(settings.log_level)
    with opened(settings) as house:
        seed(house)
    print(
        f"The pretend company's sign-in page:  {settings.portal_url}/demo\n"
        f"A tour of it, and people to be:      {settings.portal_url}/demo/tour\n"
        f"Keyback itself:                      {settings.portal_url}/\n"
        f"The console, for whoever runs it:    {settings.portal_url}/admin/\n"
        f"The pretend phone and mailbox:       {settings.portal_url}/demo/outbox\n"
        "Ctrl-C ends it; the next start knows nothing of this one.",
        flush=True,
    )
    Server(settings).run()
    return 0


def demo_settings(folder: Path, port: int, more: Sequence[str] = ()) -> Settings:
    """Settings that only a demo may have, over an empty folder with a key of its own. `more`: plugins of others."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    key_file.write(folder / "keyback.key")
    return checked(
        parse(
            {
                "demo": True,
                "portal_url": f"http://localhost:{port}",
                "company": "Alderwick",
                "help_desk": "+44 1632 960 100",
                "help_desk_mail": HELP_DESK.mail,
                "pages": _pages(f"http://localhost:{port}/demo/tour"),
                "data_dir": folder,
                "key_file": folder / "keyback.key",
                "plugins": {"load": (*PLUGINS, *more)},
                "sign_in": _sign_in(f"http://localhost:{port}/demo/idp"),
                "console": _console(f"http://localhost:{port}"),
                "signals": {"enabled": True},
                "serve": {"bind": f"127.0.0.1:{port}", "processes": 1, "farewell_seconds": 0},
                "log_level": "warning",
                "pin": {
                    "store": _stores(folder),
                    "method": {
                        "questions": {"accepted_by": "whoever tries the demo"},
                        "sms": {"country_code": "44"},
                        "voice": {"country_code": "44"},
                    },
                    "channel": {"outbox": {"demo": True, "path": str(folder / "outbox.db")}},
                },
                "media": {"sms": _medium(), "voice": _medium()},
                "entries": {
                    "alderwick": _entry(f"http://localhost:{port}/demo"),
                    client_pages.ENTRY: _client(f"http://localhost:{port}"),
                },
            }
        )
    )


def _stores(folder: Path) -> dict[str, object]:
    """Where its people are, here and in its cloud."""
    return {
        "embedded": {"called": "Alderwick sign-in", "database": str(folder / "people.db")},
        "pretend_cloud": {"demo": True, "called": "Alderwick Cloud", "database": str(folder / "cloud.db")},
    }


def _medium() -> dict[str, object]:
    """The pretend phone costs nothing, wherever it rings; its numbers are those that no plan gives to anybody."""
    return {
        "regions": [region.code for region in regions()],
        "known": ["+447700900", "+441632960"],
        "usual_price": 0,
        "per_range_hour": 1000,
        "per_region_hour": 1000,
    }


def _entry(home: str) -> dict[str, object]:
    """The door that the pretend company's "Forgot my password?" leads to."""
    return {"name": "Alderwick", "home_url": home, "return_urls": [home]}


def _client(url: str) -> dict[str, object]:
    """The same company, where it asks by OpenID Connect and hears what was proven."""
    return {
        **_entry(f"{url}/demo"),
        "redirect_uris": [f"{url}{client_pages.BACK}"],
        "client_secret": token_urlsafe(),
        "store": "embedded",
        "subject": "name",
    }


def _sign_in(issuer: str) -> dict[str, object]:
    """The pretend company vouches for its people, by the name that its directory knows them by."""
    return {
        "issuer": issuer,
        "client_id": "keyback",
        "client_secret": token_urlsafe(),
        "claim": "preferred_username",
        "store": "embedded",
    }


def _console(url: str) -> dict[str, object]:
    """On the portal's host: the demo has one port, and a browser's cookies do not tell two apart."""
    return {
        "url": url,
        "allow_shared_host": True,
        "administrators": [ADMINISTRATORS],
        "help_desk": [AGENTS],
        "auditors": [AUDITORS],
        "file_domains": [HELP_DESK.mail.partition("@")[2]],
    }


def _pages(tour: str) -> dict[str, object]:
    """What a company would say of itself; its links lead to the tour."""
    return {
        "name_example": "jo.frost@alderwick.example or jfrost",
        "help_desk_link": "tel:+441632960100",
        "help_desk_hours": "weekdays 7–19",
        "privacy_link": f"{tour}#privacy",
        "accessibility_link": f"{tour}#accessibility",
        "logo_file": LOGO,
    }


def seed(house: House) -> None:
    """Put the pretend people into their directories, each with a password that is as good as forgotten."""
    _rule(house)
    stores = house.snapshots.current.plugins.stores
    here, cloud = stores["embedded"], stores["pretend_cloud"]
    assert isinstance(here, TakesPeople)
    assert isinstance(cloud, TakesPeople)
    for person in (*PEOPLE, *STAFF):
        first = here.add_person(
            name=person.name,
            display_name=person.display_name,
            mails=[person.mail] if person.known and person.mail else [],
            phones=[person.phone] if person.known and person.phone else [],
            password=Secret(person.password or FORGOTTEN),
            enabled=person.enabled,
            privileged=person.privileged,
            locked=person.locked,
            must_change=person.must_change,
        )
        if person.in_the_cloud:
            second = cloud.add_person(
                name=person.in_the_cloud,
                display_name=person.display_name,
                password=Secret(person.password or FORGOTTEN),
            )
            if person.joined:
                _join(house, first, second)


def _rule(house: House) -> None:
    """Every method counts, questions too, and at once: nobody waits three days to see how one comes back."""
    every = ProofRules().optional.union(house.snapshots.current.plugins.methods)
    rules = Policy("demo", proof=ProofRules(optional=every), cool_down=timedelta(0))
    with house.records.db.write() as tx:
        house.records.settings.save_policies(tx, [rules], who="the demo", why="to try everything at once")


def _join(house: House, *accounts: AccountKey) -> None:
    """Say that they are one person's, as if they had signed in to both."""
    records = house.records
    person = records.keyring.pseudonym(accounts[0].store, accounts[0].id)
    with records.db.write() as tx:
        for account in accounts:
            records.links.link(tx, person, account, "demo", house.around.now())
