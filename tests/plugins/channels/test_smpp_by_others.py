"""Text messages by SMPP, understood by a server that others wrote: npm's `smpp`. What it cannot do, ours does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from servers.npm_smsc import NpmSmsc, missing
from servers.smsc import NAME, PASSWORD
from servers.story import wait_until

from keyback.core import Context, DeliveryFailed, DeliveryReport, Message, PluginError, Text
from keyback.plugins.channels.smpp import Smpp, SmppSettings

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

WORDS = "48210973 is your Alderwick code.\n\n@a.example #48210973 {€}"
TEXT = Message("sms", "+43 664 123 45 05", Text("{words}", words=WORDS))


@pytest.fixture
def smsc(tmp_path: Path) -> Iterator[NpmSmsc]:
    with NpmSmsc(tmp_path) as smsc:
        yield smsc


@pytest.fixture
def channel(smsc: NpmSmsc) -> Iterator[Smpp]:
    made = entered(smsc)
    yield made
    made.close()


def entered(smsc: NpmSmsc, password: str = PASSWORD) -> Smpp:
    near = {"host": "localhost", "port": smsc.port, "ca_file": str(smsc.ca_file), "sender": "Alderwick"}
    return Smpp(SmppSettings.model_validate({**near, "system_id": NAME, "password": SecretStr(password)}))


def texts(smsc: NpmSmsc, count: int = 1) -> list[dict[str, str]]:
    return wait_until(lambda: found if len(found := smsc.of("text")) >= count else None, "the text")


def test_a_text_is_understood_letter_by_letter(channel: Smpp, smsc: NpmSmsc, ctx: Context) -> None:
    assert channel.send(TEXT, ctx).id == "NPM1"
    (came,) = texts(smsc)
    assert came["words"] == WORDS
    assert (came["from"], came["to"], came["receipt"], came["part"]) == ("Alderwick", "436641234505", 1, "")


@pytest.mark.parametrize("words", ["Ваш код 48210973", "您的驗證碼 48210973", "Code 48210973 🗝"])
def test_other_letters_are_understood_too(words: str, channel: Smpp, smsc: NpmSmsc, ctx: Context) -> None:
    channel.send(replace(TEXT, text=Text("{words}", words=words)), ctx)
    assert texts(smsc)[0]["words"] == words


@pytest.mark.parametrize("words", ["All work and no play. " * 20, "Код и слово. " * 20])
def test_a_long_text_comes_in_parts_that_belong_together(
    words: str, channel: Smpp, smsc: NpmSmsc, ctx: Context
) -> None:
    channel.send(replace(TEXT, text=Text("{words}", words=words)), ctx)
    most = 153 if words.isascii() else 67
    parts = texts(smsc, -(-len(words) // most))
    assert "".join(part["words"] for part in parts) == words
    # The same reference in all, how many there are, and which one it is.
    heads = [bytes.fromhex(part["part"])[-3:] for part in parts]
    assert {head[:2] for head in heads} == {bytes([heads[0][0], len(parts)])}
    assert [head[2] for head in heads] == list(range(1, len(parts) + 1))


def test_a_receipt_is_told_and_answered_and_so_is_the_question_whether_we_are_here(
    channel: Smpp, smsc: NpmSmsc, ctx: Context
) -> None:
    receipt, told = channel.send(TEXT, ctx), list[DeliveryReport]()
    wait_until(lambda: told.extend(channel.reports()) or told, "a receipt")
    assert told == [DeliveryReport(receipt.id, "delivered", "")]
    answered = wait_until(lambda: found if len(found := smsc.of("answered")) == 2 else None, "our answers")
    assert {one["with"] for one in answered} == {"deliver_sm_resp", "enquire_link_resp"}


def test_who_says_the_wrong_password_is_told_so_and_sends_nothing(smsc: NpmSmsc, ctx: Context) -> None:
    channel = entered(smsc, "letmeout")
    with pytest.raises(DeliveryFailed) as refused:
        channel.send(TEXT, ctx)
    assert (refused.value.kind, refused.value.retry, refused.value.unknown) == ("credentials", False, False)
    with pytest.raises(PluginError, match="refuses the sign-in name"):
        channel.check()
    assert smsc.of("text") == []


def test_a_carrier_that_dies_is_found_again_when_it_is_back(channel: Smpp, smsc: NpmSmsc, ctx: Context) -> None:
    channel.send(TEXT, ctx)
    smsc.is_gone()
    wait_until(lambda: (channel.reports(), channel._line is None)[1], "the line to be given up")
    with pytest.raises(DeliveryFailed) as gone:
        channel.send(TEXT, ctx)
    assert (gone.value.kind, gone.value.retry, gone.value.unknown) == ("unreachable", True, False)
    smsc.begin()
    channel.send(TEXT, ctx)
    assert len(texts(smsc, 2)) == 2


def test_a_check_says_hello_and_goodbye(channel: Smpp, smsc: NpmSmsc) -> None:
    channel.check()
    wait_until(lambda: smsc.of("left"), "our goodbye")
    assert smsc.of("text") == []
