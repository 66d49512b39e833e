"""Mail over a real connection, with STARTTLS and a sign-in."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from servers.authority import Authority
from servers.mail_sink import MailSink

from keyback.core import Attachment, Context, DeliveryFailed, Message, PluginError, Text
from keyback.plugins.channels.smtp import Smtp, SmtpSettings

CODE = "48210973"


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[MailSink]:
    with MailSink(tmp_path) as sink:
        yield sink


def settings(sink: MailSink, **changed: object) -> SmtpSettings:
    return SmtpSettings.model_validate(
        {
            "host": sink.host,
            "port": sink.port,
            "ca_file": str(sink.ca_file),
            "username": sink.username,
            "password": sink.password,
            "sender": "reset@alderwick.example",
            **changed,
        }
    )


@pytest.fixture
def smtp(sink: MailSink) -> Iterator[Smtp]:
    smtp = Smtp(settings(sink))
    yield smtp
    smtp.close()


def mail(
    to: str = "ada@example.org", subject: str = f"{CODE} is your Alderwick code", text: str = f"{CODE}\n\nType it."
) -> Message:
    return Message("email", to, Text("{text}", text=text), Text("{subject}", subject=subject))


def failure(smtp: Smtp, ctx: Context, message: Message | None = None) -> tuple[str, bool]:
    with pytest.raises(DeliveryFailed) as raised:
        smtp.send(message or mail(), ctx)
    printed = "".join(traceback.format_exception(raised.value))
    assert CODE not in printed
    assert "ada" not in printed
    assert "secret" not in printed
    return raised.value.kind, raised.value.retry


def test_a_mail_arrives_as_text_with_an_html_twin(sink: MailSink, ctx: Context) -> None:
    smtp = Smtp(settings(sink, sender_name="Alderwick resets", reply_to="desk@alderwick.example"))
    receipt = smtp.send(mail(text="Ada & Bo <b>\nsecond line\n\nEnd ü"), ctx)
    (kept,) = sink.wait_for(1)
    smtp.close()
    assert (kept.sender, kept.recipients) == ("reset@alderwick.example", ("ada@example.org",))
    assert kept.encrypted
    assert kept.signed_in
    headers = dict(kept.parsed.items())
    assert headers["From"] == "Alderwick resets <reset@alderwick.example>"
    assert headers["To"] == "ada@example.org"
    assert headers["Reply-To"] == "desk@alderwick.example"
    assert headers["Subject"] == f"{CODE} is your Alderwick code"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["X-Auto-Response-Suppress"] == "All"
    assert headers["Content-Language"] == "en"
    assert headers["Message-ID"] == receipt.id
    assert headers["Message-ID"].endswith("@alderwick.example>")
    assert kept.parsed["Date"].datetime == ctx.now.replace(microsecond=0)
    assert kept.text == "Ada & Bo <b>\nsecond line\n\nEnd ü\n"
    twin = kept.parsed.get_body(("html",))
    assert twin is not None
    assert "<p>Ada &amp; Bo &lt;b&gt;<br>second line</p>\n<p>End ü</p>" in twin.get_content().replace("\r\n", "\n")
    assert kept.raw.isascii()


def test_a_file_goes_with_a_mail_byte_for_byte(smtp: Smtp, sink: MailSink, ctx: Context) -> None:
    content = '\ufeff"day"\r\n"ü"\r\n'.encode() + bytes(range(256)) * 20
    smtp.send(replace(mail(text="See the file"), attachment=Attachment("report.csv", "text/csv", content)), ctx)
    (kept,) = sink.wait_for(1)
    (file,) = kept.parsed.iter_attachments()
    assert (file.get_filename(), file.get_content_type()) == ("report.csv", "text/csv")
    assert file.get_payload(decode=True) == content
    assert kept.text == "See the file\n"
    assert kept.parsed.get_body(("html",)) is not None
    assert max(map(len, kept.raw.split(b"\r\n"))) < 998


@pytest.mark.parametrize(
    "poison", ["x\r\nBcc: evil@example.net", "x\nX-Evil: 1", "x\r\n\r\nbody", "x\x0bTo: e@e.org", "x\u2028y", "\ud800"]
)
def test_nothing_in_a_subject_or_text_becomes_a_header(poison: str, smtp: Smtp, sink: MailSink, ctx: Context) -> None:
    smtp.send(mail(subject=poison, text=poison), ctx)
    (kept,) = sink.wait_for(1)
    assert kept.recipients == ("ada@example.org",)
    head = kept.raw.split(b"\r\n\r\n", 1)[0]
    names = [line.split(b":")[0].lower() for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert sorted(names) == sorted(
        [
            b"from", b"to", b"subject", b"date", b"message-id", b"auto-submitted", b"x-auto-response-suppress",
            b"content-language", b"mime-version", b"content-type",
        ]
    )  # fmt: skip


@pytest.mark.parametrize(
    "to",
    [
        "a@b.org,c@d.org",
        "a@b.org;c@d.org",
        "a@b.org c@d.org",
        "a@b.org\r\nBcc: c@d.org",
        "A <a@b.org>",
        "a@b.org>\r\nDATA",
        "",
        "\ud800@b.org",
    ],
)
def test_what_is_not_one_address_gets_nothing(to: str, smtp: Smtp, sink: MailSink, ctx: Context) -> None:
    assert failure(smtp, ctx, mail(to)) == ("address", False)
    assert sink.sessions == 0


def test_an_address_in_other_letters_is_written_to(smtp: Smtp, sink: MailSink, ctx: Context) -> None:
    smtp.send(mail("ada@bücher.example"), ctx)
    smtp.send(mail("jö@example.org"), ctx)
    assert [kept.recipients for kept in sink.wait_for(2)] == [("ada@xn--bcher-kva.example",), ("jö@example.org",)]


def test_tls_from_the_first_byte_works_too(tmp_path: Path, ctx: Context) -> None:
    with MailSink(tmp_path, security="tls") as sink:
        smtp = Smtp(settings(sink, security="tls"))
        smtp.send(mail(), ctx)
        assert sink.wait_for(1)[0].encrypted
        smtp.close()


def test_a_wrong_password_is_told_and_not_tried_again(sink: MailSink, ctx: Context) -> None:
    smtp = Smtp(settings(sink, password="another secret"))
    assert failure(smtp, ctx) == ("credentials", False)
    with pytest.raises(PluginError, match="refuses the sign-in name or the password"):
        smtp.check()


def test_a_certificate_of_another_authority_is_refused(sink: MailSink, tmp_path: Path, ctx: Context) -> None:
    for ca_file in ("", str(Authority(tmp_path / "other").ca_file)):
        smtp = Smtp(settings(sink, ca_file=ca_file))
        assert failure(smtp, ctx) == ("certificate", False)
        with pytest.raises(PluginError, match="certificate"):
            smtp.check()


def test_a_certificate_for_another_name_is_refused(sink: MailSink, tmp_path: Path, ctx: Context) -> None:
    smtp = Smtp(settings(sink, host="localhost.localdomain"))
    with pytest.MonkeyPatch.context() as patch:
        import socket

        real = socket.getaddrinfo
        patch.setattr(socket, "getaddrinfo", lambda host, *rest, **more: real("127.0.0.1", *rest, **more))
        assert failure(smtp, ctx) == ("certificate", False)


def test_a_server_without_tls_gets_no_password_and_no_code(tmp_path: Path, ctx: Context) -> None:
    with MailSink(tmp_path, security="none") as sink:
        assert failure(Smtp(settings(sink)), ctx) == ("not-supported", False)
        assert sink.messages == []


def test_plain_talk_is_allowed_to_this_machine_only(tmp_path: Path, ctx: Context) -> None:
    with MailSink(tmp_path, security="none", sign_in=False) as sink:
        smtp = Smtp(settings(sink, security="none", username=""))
        smtp.send(mail(), ctx)
        assert not sink.wait_for(1)[0].encrypted
        smtp.close()
        for host in ("mail.alderwick.example", "10.0.0.1", "127.0.0.1.example.org", "localhost.example.org"):
            with pytest.raises(ValidationError):
                settings(sink, security="none", host=host)


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        ("550 5.1.1 no such mailbox", ("address", False)),
        ("451 4.3.0 try later", ("address", True)),
        ("421 4.3.2 closing", ("address", True)),
    ],
)
def test_the_servers_answer_says_whether_later_may_help(
    answer: str, failed: tuple[str, bool], smtp: Smtp, sink: MailSink, ctx: Context
) -> None:
    sink.answers(answer)
    assert failure(smtp, ctx) == failed
    smtp.send(mail(), ctx)
    assert len(sink.wait_for(1)) == 1


def test_a_slow_server_is_given_up_at_the_deadline(smtp: Smtp, sink: MailSink, ctx: Context) -> None:
    sink.slow(5)
    assert failure(smtp, replace(ctx, deadline=ctx.now + timedelta(seconds=0.5))) == ("timeout", True)


def test_after_the_deadline_nothing_is_begun(smtp: Smtp, sink: MailSink, ctx: Context) -> None:
    assert failure(smtp, replace(ctx, deadline=ctx.now)) == ("timeout", True)
    assert sink.sessions == 0


def test_a_server_that_is_down_is_tried_later(smtp: Smtp, sink: MailSink, ctx: Context) -> None:
    sink.down()
    assert failure(smtp, ctx) == ("unreachable", True)
    with pytest.raises(PluginError, match="cannot be reached"):
        smtp.check()
    sink.up()
    smtp.send(mail(), ctx)
    sink.wait_for(1)


def test_one_connection_carries_many_mails(smtp: Smtp, sink: MailSink, ctx: Context) -> None:
    smtp.check()
    for _ in range(5):
        smtp.send(mail(), ctx)
    assert len({kept.session for kept in sink.wait_for(5)}) == 1
    assert sink.sessions == 1


def test_a_connection_is_renewed_after_its_number_of_mails(sink: MailSink, ctx: Context) -> None:
    smtp = Smtp(settings(sink, keep_messages=2))
    for _ in range(5):
        smtp.send(mail(), ctx)
    sink.wait_for(5)
    smtp.close()
    assert sink.sessions == 3


def test_a_connection_that_the_server_dropped_is_replaced_unseen(smtp: Smtp, sink: MailSink, ctx: Context) -> None:
    smtp.send(mail(), ctx)
    sink.down()
    sink.up()
    smtp.send(mail(), ctx)
    sink.wait_for(2)
    assert sink.sessions == 2


def test_several_threads_send_at_once(smtp: Smtp, sink: MailSink, ctx: Context) -> None:
    sink.slow(0.05)
    with ThreadPoolExecutor(6) as threads:
        receipts = {receipt.id for receipt in threads.map(lambda _: smtp.send(mail(), ctx), range(18))}
    assert len(receipts) == len(sink.wait_for(18)) == 18
    assert sink.sessions <= 18


def test_settings_that_could_break_a_header_are_refused(sink: MailSink) -> None:
    for broken in (
        {"sender": "a@b.org\nBcc: c@d.org"},
        {"sender_name": "A\r\nB"},
        {"reply_to": "a, b"},
        {"sender": ""},
    ):
        with pytest.raises(ValidationError):
            settings(sink, **broken)


def test_an_authority_file_that_cannot_be_read_is_told(sink: MailSink, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="certificate authority"):
        Smtp(settings(sink, ca_file=str(tmp_path / "missing.pem")))


def test_words_that_look_like_the_end_of_a_mail_are_words(smtp: Smtp, sink: MailSink, ctx: Context) -> None:
    text = f"{CODE}\n\n.\nFrom here\n--=_part--\n--=_part\nContent-Type: text/html\n{'long ' * 60}end"
    smtp.send(mail(subject="=?utf-8?q?what?= " * 20, text=text), ctx)
    (kept,) = sink.wait_for(1)
    assert kept.text == f"{text}\n"
    assert [part.get_content_type() for part in kept.parsed.iter_parts()] == ["text/plain", "text/html"]
    assert not kept.parsed.defects
    assert max(map(len, kept.raw.split(b"\r\n"))) <= 78
