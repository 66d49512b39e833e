"""The suite for channels finds what is wrong with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from keyback.core import Context, Message, Receipt
from keyback.core.testing import ChannelSuite, FakeChannel

Failures = Callable[..., dict[str, str]]


class SendsAnywhere(FakeChannel):
    def send(self, message: Message, ctx: Context) -> Receipt:
        return Receipt()


class RaisesOnOddAddresses(FakeChannel):
    def send(self, message: Message, ctx: Context) -> Receipt:
        message.to.encode()
        return super().send(message, ctx)


class NoReceipt(FakeChannel):
    def send(self, message: Message, ctx: Context) -> Any:
        super().send(message, ctx)


FAULTY_CHANNELS = {
    SendsAnywhere: "an_address_with_a_second_line_reaches_nobody",
    RaisesOnOddAddresses: "an_odd_address_is_refused_and_not_quoted",
    NoReceipt: "a_message_is_carried_and_receipted",
}


def test_a_channel_without_fault_passes(failures: Failures) -> None:
    assert failures(ChannelSuite, plugin=FakeChannel()) == {}


@pytest.mark.parametrize("kind", FAULTY_CHANNELS)
def test_a_faulty_channel_fails_the_test_that_is_about_it(kind: type[FakeChannel], failures: Failures) -> None:
    assert FAULTY_CHANNELS[kind] in failures(ChannelSuite, plugin=kind())
