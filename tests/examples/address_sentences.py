"""What was added about phones and mailboxes that people add themselves."""

from __future__ import annotations

ABOUT_ADDRESSES: dict[str, tuple[str, ...]] = {
    "adding an address: a label, where the code goes once it was typed, and that it is there": (
        "E-mail address",
        "{} gets a text with {} digits. It can take a minute.",
        "{} gets an e-mail with {} digits. Look in the junk folder too.",
        "You've added this address already.",
        "Use another number",
        "Use another address",
        "A new address counts after {}.",
        "a phone",
        "an e-mail",
    ),
    "adding an address: the button it speaks of is another page, and not every kind is the same": (
        "That isn't a whole phone number. Check the digits.",
        "Text messages don't reach this kind of number. Use another one.",
        "We don't call this kind of number. Use another one.",
        "The call didn't get through. Check the number.",
        "The text couldn't be delivered. Check the number.",
        "The e-mail couldn't be delivered. Check the address.",
        "The code couldn't be delivered. Check where it should go.",
        "No more codes can be sent in this try. Start again.",
    ),
}
