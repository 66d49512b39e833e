"""Text messages by SMPP, against a carrier's server of our own that says no, dawdles and hangs up when told to."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from pydantic import SecretStr, ValidationError
from servers.smsc import NAME, PASSWORD, Script, Smsc
from servers.story import wait_until

from keyback.core import Context, DeliveryFailed, DeliveryReport, Message, PluginError, Text
from keyback.plugins.channels import smpp as plugin
from keyback.plugins.channels.smpp import Smpp, SmppSettings

CODE = "48210973"
TEXT = Message("sms", "+43 664 123 45 05", Text("{words}", words=f"{CODE} is your code\n\n@a.example #{CODE}"))


@pytest.fixture
def smsc(tmp_path: Path) -> Iterator[Smsc]:
    with Smsc(tmp_path) as smsc:
        yield smsc


@pytest.fixture
def channel(smsc: Smsc) -> Iterator[Smpp]:
    made = Smpp(settings(smsc))
    yield made
    made.close()


def settings(smsc: Smsc, **changed: object) -> SmppSettings:
    near = {"host": "localhost", "port": smsc.port, "ca_file": str(smsc.ca_file), "sender": "Alderwick"}
    return SmppSettings.model_validate({**near, "system_id": NAME, "password": SecretStr(PASSWORD), **changed})


def failure(channel: Smpp, ctx: Context, message: Message = TEXT) -> tuple[str, bool, bool]:
    with pytest.raises(DeliveryFailed) as raised:
        channel.send(message, ctx)
    printed = "".join(traceback.format_exception(raised.value))
    for secret in (CODE, "1234505", PASSWORD):
        assert secret not in printed
    return raised.value.kind, raised.value.retry, raised.value.unknown


def test_a_text_arrives_in_the_small_alphabet_and_the_carrier_names_it(channel: Smpp, smsc: Smsc, ctx: Context) -> None:
    assert channel.send(TEXT, ctx).id == "SIM1"
    (came,) = smsc.submitted
    assert (came.sender, came.to, came.words.decode()) == (
        "Alderwick",
        "436641234505",
        f"{CODE} is your code\n\n\0a.example #{CODE}",
    )
    assert (came.coding, came.kind, came.receipt, came.validity) == (0, 0, 1, "000000000500000R")


def test_other_letters_and_long_words_arrive_too(channel: Smpp, smsc: Smsc, ctx: Context) -> None:
    channel.send(replace(TEXT, text=Text("Ваш код 48210973")), ctx)
    assert smsc.submitted[0].words.decode("utf-16-be") == "Ваш код 48210973"
    channel.send(replace(TEXT, text=Text("x" * 200)), ctx)
    parts = smsc.submitted[1:]
    assert [part.kind for part in parts] == [0x40, 0x40]
    assert b"".join(part.words[6:] for part in parts) == b"x" * 200


def test_half_a_letter_does_not_keep_a_text_back(channel: Smpp, smsc: Smsc, ctx: Context) -> None:
    channel.send(replace(TEXT, text=Text(CODE + "\ud800")), ctx)
    assert len(smsc.submitted) == 1


def test_many_texts_take_one_connection(channel: Smpp, smsc: Smsc, ctx: Context) -> None:
    senders = [Thread(target=channel.send, args=(TEXT, ctx)) for _ in range(8)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert (len(smsc.submitted), smsc.binds) == (8, 1)


@pytest.mark.parametrize("to", ["", "06641234505", "+43664\r\n1234505", "jo@mail.example"])
def test_what_is_not_one_whole_number_is_not_even_asked_for(to: str, channel: Smpp, smsc: Smsc, ctx: Context) -> None:
    assert failure(channel, ctx, replace(TEXT, to=to)) == ("address", False, False)
    assert smsc.submitted == []


@pytest.mark.parametrize(
    ("status", "failed"),
    [
        (0x0B, ("number", False, False)),
        (0x0A, ("sender", False, False)),
        (0x58, ("throttled", True, False)),
        (0x14, ("throttled", True, False)),
        (0x08, ("provider-down", True, False)),
        (0x45, ("refused", False, False)),
    ],
)
def test_a_no_is_understood_and_the_line_stays(
    status: int, failed: tuple[str, bool, bool], channel: Smpp, smsc: Smsc, ctx: Context
) -> None:
    smsc.script.append(Script(status=status))
    assert failure(channel, ctx) == failed
    channel.send(TEXT, ctx)
    assert smsc.binds == 1


@pytest.mark.parametrize(("script", "kind"), [(Script(hang_up=True), "unreachable"), (Script(delay=2.0), "timeout")])
def test_an_answer_that_was_lost_leaves_it_open_and_the_next_one_takes_a_new_line(
    script: Script, kind: str, channel: Smpp, smsc: Smsc, ctx: Context
) -> None:
    smsc.script.append(script)
    assert failure(channel, replace(ctx, deadline=ctx.now + timedelta(seconds=1.2))) == (kind, True, True)
    channel.send(TEXT, ctx)
    assert smsc.binds == 2


def test_a_carrier_that_hung_up_meanwhile_loses_nothing(channel: Smpp, smsc: Smsc, ctx: Context) -> None:
    channel.send(TEXT, ctx)
    smsc.hang_up()
    wait_until(lambda: (channel.reports(), channel._line is None)[1], "the connection to be given up")
    channel.send(TEXT, ctx)
    assert (len(smsc.submitted), smsc.binds) == (2, 2)


@pytest.mark.parametrize(
    ("stat", "state", "why"),
    [
        ("DELIVRD", "delivered", ""), ("ENROUTE", "sent", ""), ("UNDELIV", "failed", "not-reachable"),
        ("EXPIRED", "failed", "expired"), ("REJECTD", "failed", "refused"),
    ],
)  # fmt: skip
def test_receipts_are_told_by_the_carriers_own_name(
    stat: str, state: str, why: str, channel: Smpp, smsc: Smsc, ctx: Context
) -> None:
    smsc.script.append(Script(receipt=stat))
    receipt, told = channel.send(TEXT, ctx), list[DeliveryReport]()
    wait_until(lambda: told.extend(channel.reports()) or told, "a receipt")
    assert told == [DeliveryReport(receipt.id, state, why)]
    assert channel.reports() == []
    # Otherwise the carrier would say it again.
    wait_until(lambda: smsc.answered, "our answer")


def test_an_odd_receipt_and_a_persons_answer_are_no_reports(channel: Smpp, smsc: Smsc, ctx: Context) -> None:
    smsc.script.append(Script(receipt="WHATEVR"))
    channel.send(TEXT, ctx)
    wait_until(lambda: (channel.reports(), smsc.answered)[1], "our answer")
    assert channel.reports() == []


def test_who_polls_for_receipts_answers_whether_we_are_here(channel: Smpp, smsc: Smsc, ctx: Context) -> None:
    channel.send(TEXT, ctx)
    smsc.ask_whether_they_are_here()
    wait_until(lambda: (channel.reports(), smsc.answered)[1], "our answer")
    channel.send(TEXT, ctx)
    assert smsc.binds == 1


def test_nobody_polls_a_line_that_is_not_there(channel: Smpp, smsc: Smsc) -> None:
    assert channel.reports() == []
    assert smsc.binds == 0


def test_wrong_credentials_are_said_and_nothing_is_sent(smsc: Smsc, ctx: Context) -> None:
    wrong = Smpp(settings(smsc, password=SecretStr("wrong")))
    assert failure(wrong, ctx) == ("credentials", False, False)
    with pytest.raises(PluginError, match="refuses the sign-in name"):
        wrong.check()
    assert smsc.submitted == []


def test_a_certificate_that_nobody_vouches_for_ends_it_before_the_password_is_said(smsc: Smsc, ctx: Context) -> None:
    assert failure(Smpp(settings(smsc, ca_file="")), ctx) == ("certificate", False, False)
    assert smsc.binds == 0


def test_who_cannot_be_reached_surely_took_nothing(tmp_path: Path, ctx: Context) -> None:
    with Smsc(tmp_path) as smsc:
        channel = Smpp(settings(smsc))
    assert failure(channel, ctx) == ("unreachable", True, False)


def test_after_the_deadline_nothing_is_begun(channel: Smpp, smsc: Smsc, ctx: Context) -> None:
    assert failure(channel, replace(ctx, deadline=ctx.now)) == ("timeout", True, False)
    assert smsc.binds == 0


def test_without_tls_it_goes_into_a_listed_network_alone(tmp_path: Path, ctx: Context) -> None:
    with Smsc(tmp_path, secure=False) as smsc:
        short = replace(ctx, deadline=ctx.now + timedelta(seconds=1.2))
        assert failure(Smpp(settings(smsc)), short)[2] is False
        assert smsc.submitted == []
        plain = Smpp(settings(smsc, plain_networks=("127.0.0.0/8", "::1/128")))
        plain.send(TEXT, ctx)
        plain.check()
        plain.close()
    assert len(smsc.submitted) == 1


def test_the_check_logs_in_and_says_goodbye(channel: Smpp, smsc: Smsc) -> None:
    channel.check()
    assert (smsc.binds, smsc.submitted) == (1, [])


@pytest.mark.parametrize(
    "wrong", [{"sender": "more than eleven letters"}, {"system_id": ""}, {"plain_networks": ("carrier",)}, {"port": 0}]
)
def test_a_setting_that_no_carrier_would_take_is_refused(wrong: dict[str, object], smsc: Smsc) -> None:
    with pytest.raises(ValidationError):
        settings(smsc, **wrong)


def test_without_its_library_it_says_what_to_install(smsc: Smsc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "Line", None)
    with pytest.raises(PluginError, match="extra `smpp`"):
        Smpp(settings(smsc))
