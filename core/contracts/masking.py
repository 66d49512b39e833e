"""What of a phone number or an address may be shown."""

from __future__ import annotations


def mask_phone(number: str) -> str:
    """Only the last two digits, behind a fixed number of Xs: the length would tell the country."""
    digits = [c for c in number if c.isascii() and c.isdigit()]
    return "+XX XXXXXXX" + "".join(digits[-2:])


def mask_mail(address: str) -> str:
    """The first letter of the name, the first two of the domain, and its ending: `a••••@ex••••.org`."""
    name, _, domain = address.rpartition("@")
    host, dot, ending = domain.rpartition(".")
    # A domain without a dot is a host's name, and has no ending that would say nothing about it.
    host, ending = (host, ending) if dot else (ending, "")
    return f"{name[:1]}••••@{host[:2]}••••{dot}{ending}"
