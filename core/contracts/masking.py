"""What of a phone number or an address may be shown."""

from __future__ import annotations

from .text import Text

PHONE = "+XX XXXXXXX"
DOTS = "••••"


def mask_phone(number: str) -> str:
    """Only the last two digits, behind a fixed number of Xs: the length would tell the country."""
    digits = [c for c in number if c.isascii() and c.isdigit()]
    return PHONE + "".join(digits[-2:])


def mask_mail(address: str) -> str:
    """The first letter of the name, the first two of the domain, and its ending, all small: `a••••@ex••••.org`."""
    name, _, domain = address.lower().rpartition("@")
    host, dot, ending = domain.rpartition(".")
    # A domain without a dot is a host's name, and has no ending that would say nothing about it.
    host, ending = (host, ending) if dot else (ending, "")
    # What is masked already stays as it is: decoys are made of masked ends.
    return f"{name[:1]}{DOTS}@{host.removesuffix(DOTS)[:2]}{DOTS}{dot}{ending}"


def is_masked_phone(end: str) -> bool:
    """Whether `mask_phone` made this."""
    return end.startswith(PHONE)


def is_masked_mail(end: str) -> bool:
    """Whether `mask_mail` made this of an address with a name."""
    return f"{DOTS}@" in end[1:]


def masked_end(label: Text) -> str:
    """The masked end inside an offer's label; empty when it has none."""
    end = label.values.get("end", "")
    return end if isinstance(end, str) else ""


def spoken(label: Text) -> Text:
    """The same label for the ear, without the dots."""
    end = masked_end(label)
    if not end:
        return label
    heard = Text("the number ending in {n}", n=end[-2:]) if is_masked_phone(end) else _spoken_mail(end)
    return label.filled(end=heard)


def _spoken_mail(end: str) -> Text:
    return Text("the address beginning with {letter}", letter=end[:1])
