"""`keyback check`: everything that would not work, each with how to mend it."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from ...core.contracts.errors import KeybackError
from ...core.recovery.flaws import flaws
from ...core.recovery.policy import Disclosure, Policy
from ...core.service.enrolling.vouching import SignInUnavailable
from ...core.service.finding.disclosing import PRICE, missing_canaries
from ...core.service.sending.media import PHONE_MEDIA
from ..house import House
from . import live
from .opened import Subparsers, opened


def add(subparsers: Subparsers) -> None:
    """Its line in `keyback --help`."""
    parser = subparsers.add_parser("check", help="say what would not work: settings, keys, database, every plugin")
    live.add_to(parser)
    parser.set_defaults(run=lambda arguments: live.try_out(arguments) if arguments.live else run(arguments))


def run(_arguments: argparse.Namespace) -> int:
    """Asks every server that the settings name; changes nothing but the tables' edition."""
    with opened() as house:
        found = [
            *_broken(house),
            *_deaf(house),
            *_unreachable(house),
            *_unusable_policies(house),
            *_disclosing(house),
            *_misnamed_channels(house),
            *_signing_in(house),
        ]
        _say_what_is_only_near(house)
        tried = len(house.snapshots.current.plugins.everything())
    for problem in found:
        print(f"  - {problem}")
    print(f"{tried} plugins, {len(found)} problems." if found else f"All is well: {tried} plugins answer.")
    return 1 if found else 0


def _broken(house: House) -> Iterator[str]:
    for broken in house.snapshots.current.plugins.broken:
        yield f"{broken.name}: {broken.why}"


def _deaf(house: House) -> Iterator[str]:
    """Each plugin tries its own settings, against its own server."""
    for (kind, key), plugin in house.snapshots.current.plugins.everything().items():
        try:
            for remark in plugin.check() or ():
                print(f"{kind} {key}: {remark}")
        except KeybackError as error:
            yield f"{kind} {key}: {error}"
        except Exception as error:
            # A plugin of somebody else's: its words may hold a password, its kind cannot.
            yield f"{kind} {key}: failed with {type(error).__name__}"


def _unreachable(house: House) -> Iterator[str]:
    plugins = house.snapshots.current.plugins
    for method in plugins.methods.values():
        if method.medium is not None and not plugins.channels_for(method.medium):
            yield f"method {method.key}: nothing carries {method.medium}: load a channel that does, or leave it out"


def _say_what_is_only_near(house: House) -> None:
    """No problem: many organisations know everybody's phone."""
    for method in house.snapshots.current.plugins.methods.values():
        medium = method.medium or ""
        if medium in PHONE_MEDIA and not house.around.rules_of(medium).numbers.regions:
            print(
                f"method {method.key}: only numbers of your directory get messages, and nobody can add one: "
                f"name the regions in [media.{medium}]"
            )


def _misnamed_channels(house: House) -> Iterator[str]:
    """A medium goes by the channels that are named for it and by no others."""
    for medium, rules in house.around.media.items():
        carrying = house.snapshots.current.plugins.channels_for(medium)
        for key in rules.channels:
            if key not in carrying:
                yield f"media.{medium}.channels: {key} does not carry {medium}, or does not work"


def _disclosing(house: House) -> Iterator[str]:
    if house.snapshots.current.public.disclosure is Disclosure.MASKED:
        print(f"Chosen knowingly? {PRICE}")
        yield from missing_canaries(house.snapshots.current, house.around)


def _signing_in(house: House) -> Iterator[str]:
    """Whether the identity provider answers, and as it must."""
    if house.door:
        try:
            house.door.signing_in.idp.check()
        except SignInUnavailable as error:
            yield f"sign_in: {error}"


def _unusable_policies(house: House) -> Iterator[str]:
    snapshot = house.snapshots.current
    kinds = {key: type(method) for key, method in snapshot.plugins.methods.items()}
    for policy in snapshot.policies or (Policy("default"),):
        for flaw in flaws(policy, snapshot.public, kinds):
            yield f"policy {policy.name}: {flaw}"
