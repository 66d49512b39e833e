"""Our own plugins are held to the suites that we ship; the stores stand in files of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from pyotp import TOTP
from servers import smsc
from servers.device import Device
from servers.http_sink import HttpSink
from servers.human import read, solve
from servers.mail_sink import MailSink
from servers.phone import Phone, subscription
from servers.push_service import PushService, several
from servers.sip_phone import SipPhone
from servers.sip_phone import missing as no_call
from servers.twilio import Twilio as FakeTwilio

from keyback.core import Challenge, Enrolment, Offer, Statement, Widget
from keyback.core.testing import (
    ChannelSuite,
    EnrollableSuite,
    HumanCheckSuite,
    MethodSuite,
    NotifierSuite,
    a_context,
    a_person,
)
from keyback.plugins.channels.http_gateway import HttpGateway, HttpGatewaySettings
from keyback.plugins.channels.outbox import Outbox, OutboxSettings
from keyback.plugins.channels.sip import Protection, Sip, SipSettings
from keyback.plugins.channels.smpp import Smpp, SmppSettings
from keyback.plugins.channels.smtp import Smtp, SmtpSettings
from keyback.plugins.channels.sns import Sns, SnsSettings
from keyback.plugins.channels.twilio import Twilio
from keyback.plugins.channels.web_push import WebPush, WebPushSettings
from keyback.plugins.human_checks.picture_and_sound import PictureAndSound, PictureAndSoundSettings
from keyback.plugins.human_checks.proof_of_work import ProofOfWork, ProofOfWorkSettings
from keyback.plugins.methods.authenticator import Authenticator
from keyback.plugins.methods.email import Email, EmailSettings
from keyback.plugins.methods.phone_approval import PhoneApproval
from keyback.plugins.methods.questions import Questions, QuestionsSettings
from keyback.plugins.methods.saved_codes import SavedCodes, SavedCodesSettings
from keyback.plugins.methods.sms import Sms
from keyback.plugins.methods.voice import Voice, VoiceSettings
from keyback.plugins.methods.webauthn import WebAuthn, WebAuthnSettings
from keyback.plugins.notifiers.account_notice import AccountNotice, AccountNoticeSettings
from keyback.plugins.notifiers.syslog import Syslog, SyslogSettings

SAVED_CODES = SavedCodes(SavedCodesSettings(pepper=SecretStr("pepper " * 8)))
(CODE,), DATA = SAVED_CODES.issue(1, a_context("issued").random)
NOW = a_context().now
WEBAUTHN, PHONE = WebAuthn(WebAuthnSettings()), Device()
ASKED = WEBAUTHN.enrol(a_person(), (), a_context())
MADE = WEBAUTHN.confirm(ASKED, {"passkey": PHONE.make(ASKED.prompt.data["options"])}, a_context())
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def typed_or_read(challenge: Challenge, address: str) -> Mapping[str, str]:
    """The address, and then the code that went there."""
    return {"code": challenge.secret["code"]} if "code" in challenge.secret else {"destination": address}


class TestSms(MethodSuite, EnrollableSuite):
    plugin = Sms(Sms.Settings())

    def confirming(self, challenge: Challenge) -> Mapping[str, str]:
        return typed_or_read(challenge, "+43 664 123 45 06")


class TestVoice(MethodSuite, EnrollableSuite):
    plugin = Voice(VoiceSettings())

    def confirming(self, challenge: Challenge) -> Mapping[str, str]:
        return typed_or_read(challenge, "+43 664 123 45 06")


class TestVoiceThatApproves(MethodSuite, EnrollableSuite):
    plugin = Voice(VoiceSettings(approve=True))

    def right(self, offer: Offer, challenge: Challenge) -> Mapping[str, str]:
        return {"key": "#"}

    def confirming(self, challenge: Challenge) -> Mapping[str, str]:
        return typed_or_read(challenge, "+43 664 123 45 06")


class TestEmail(MethodSuite, EnrollableSuite):
    plugin = Email(EmailSettings())

    def confirming(self, challenge: Challenge) -> Mapping[str, str]:
        return typed_or_read(challenge, "jo.frost@home.example")


class TestSavedCodes(MethodSuite, EnrollableSuite):
    plugin = SAVED_CODES
    enrolments = (Enrolment("e1", "saved_codes", "Printed", DATA, NOW, NOW),)

    def right(self, offer: Offer, challenge: Challenge) -> Mapping[str, str]:
        return {"code": CODE}

    def confirming(self, challenge: Challenge) -> Mapping[str, str]:
        return {"safe": "yes"}


class TestAuthenticator(MethodSuite, EnrollableSuite):
    plugin = Authenticator(Authenticator.Settings())
    enrolments = (Enrolment("e1", "authenticator", "", {"secret": SECRET, "used": "0"}, NOW, NOW),)

    def right(self, offer: Offer, challenge: Challenge) -> Mapping[str, str]:
        return {"code": TOTP(SECRET).at(NOW)}

    def confirming(self, challenge: Challenge) -> Mapping[str, str]:
        return {"code": TOTP(challenge.secret["secret"]).at(NOW)}


QUESTIONS = Questions(QuestionsSettings(pepper=SecretStr("pepper " * 8), accepted_by="Ada Lee"))
ANSWERS = {f"question-{n}": str(n) for n in range(1, 6)} | {
    f"answer-{n}": f"A tin roof and {n * 7} nails" for n in range(1, 6)
}
REGISTERED = QUESTIONS.confirm(QUESTIONS.enrol(a_person(), (), a_context()), ANSWERS, a_context()).data


class TestQuestions(MethodSuite, EnrollableSuite):
    plugin = QUESTIONS
    enrolments = (Enrolment("e1", "questions", "", REGISTERED, NOW, NOW),)
    draws = False

    def right(self, offer: Offer, challenge: Challenge) -> Mapping[str, str]:
        return {field.name: ANSWERS[field.name] for field in challenge.prompt.fields}

    def confirming(self, challenge: Challenge) -> Mapping[str, str]:
        return ANSWERS


class TestWebAuthn(MethodSuite, EnrollableSuite):
    plugin = WEBAUTHN
    enrolments = (Enrolment("e1", "webauthn", "", MADE.data, NOW, NOW),)

    def right(self, offer: Offer, challenge: Challenge) -> Mapping[str, str]:
        return {"passkey": replace(PHONE).sign(challenge.prompt.data["options"])}

    def confirming(self, challenge: Challenge) -> Mapping[str, str]:
        return {"passkey": Device().make(challenge.prompt.data["options"])}


APPROVES = PhoneApproval(PhoneApproval.Settings())
SUBSCRIBED = Phone(push=subscription("https://push.example/1", "p", "a"))
HELD, COMPARED = SUBSCRIBED.joined(APPROVES.enrol(a_person(), (), a_context()), NOW)
JOINED = APPROVES.confirm(HELD, COMPARED, a_context())


class TestPhoneApproval(MethodSuite, EnrollableSuite):
    plugin = APPROVES
    enrolments = (Enrolment("e1", "phone_approval", "", JOINED.data, NOW, NOW),)

    def right(self, offer: Offer, challenge: Challenge) -> Mapping[str, str]:
        return asdict(SUBSCRIBED.approves(challenge, NOW))

    def joining(self, challenge: Challenge) -> Statement:
        return SUBSCRIBED.joins(challenge.secret["joins_by"], NOW)

    def confirming(self, challenge: Challenge) -> Mapping[str, str]:
        return SUBSCRIBED.joined(challenge, NOW)[1]


class TestSmtp(ChannelSuite):
    @pytest.fixture(autouse=True)
    def _with_a_mail_server(self, tmp_path: Path) -> Iterator[None]:
        with MailSink(tmp_path) as sink:
            self.plugin = Smtp(
                SmtpSettings(
                    host=sink.host,
                    port=sink.port,
                    ca_file=str(sink.ca_file),
                    username=sink.username,
                    password=SecretStr(sink.password),
                    sender="reset@alderwick.example",
                )
            )
            yield
            self.plugin.close()


class TestHttpGateway(ChannelSuite):
    @pytest.fixture(autouse=True)
    def _with_a_provider(self, tmp_path: Path) -> Iterator[None]:
        with HttpSink(tmp_path) as sink:
            near = ("127.0.0.0/8", "::1/128")
            self.plugin = HttpGateway(
                HttpGatewaySettings(url=sink.url, ca_file=str(sink.ca_file), private_networks=near)
            )
            yield
            self.plugin.close()


class TestSns(ChannelSuite):
    @pytest.fixture(autouse=True)
    def _with_amazon(self, amazon: str) -> Iterator[None]:
        key, secret = SecretStr("AKIAALDERWICK"), SecretStr("wJalrXUtnFEMI")
        self.plugin = Sns(SnsSettings(aws_region="eu-west-1", access_key=key, secret_key=secret, address=amazon))
        yield
        self.plugin.close()


class TestSmpp(ChannelSuite):
    @pytest.fixture(autouse=True)
    def _with_a_carrier(self, tmp_path: Path) -> Iterator[None]:
        with smsc.Smsc(tmp_path) as carrier:
            self.plugin = Smpp(
                SmppSettings(
                    host="localhost",
                    port=carrier.port,
                    ca_file=str(carrier.ca_file),
                    system_id=smsc.NAME,
                    password=SecretStr(smsc.PASSWORD),
                    sender="Alderwick",
                )
            )
            yield
            self.plugin.close()


@pytest.mark.skipif(bool(no_call()), reason=no_call() or "a call can be made")
class TestSip(ChannelSuite):
    @pytest.fixture(autouse=True)
    def _with_a_phone(self, tmp_path: Path) -> Iterator[None]:
        with SipPhone(tmp_path / "phone") as phone:
            server = f"127.0.0.1:{phone.port}"
            self.plugin = Sip(SipSettings(server=server, user="keyback", protection=Protection.NONE))
            self.to = {"voice": "+43 664 123 45 05"}
            yield
            self.plugin.close()


class TestTwilio(ChannelSuite):
    @pytest.fixture(autouse=True)
    def _with_twilio(self, tmp_path: Path) -> Iterator[None]:
        with FakeTwilio(tmp_path) as twilio:
            self.plugin = Twilio(twilio.settings())
            yield
            self.plugin.close()


class TestWebPush(ChannelSuite):
    @pytest.fixture(autouse=True)
    def _with_a_push_service(self, tmp_path: Path) -> Iterator[None]:
        with PushService(tmp_path) as service:
            near = ("127.0.0.0/8", "::1/128")
            settings = WebPushSettings(
                key=SecretStr("1f" * 32), hosts=(service.host,), ca_file=str(service.ca_file), private_networks=near
            )
            self.plugin, self.to = WebPush(settings), {"push": several(service.subscribed())}
            yield


class TestOutbox(ChannelSuite):
    @pytest.fixture(autouse=True)
    def _with_a_file(self, tmp_path: Path) -> None:
        self.plugin = Outbox(OutboxSettings(demo=True, path=str(tmp_path / "outbox.sqlite")))


class TestAccountNotice(NotifierSuite):
    plugin = AccountNotice(AccountNoticeSettings())


class TestSyslog(NotifierSuite):
    plugin = Syslog(SyslogSettings(host="siem.example"))


class TestProofOfWork(HumanCheckSuite):
    plugin = ProofOfWork(ProofOfWorkSettings(key=SecretStr("k" * 32), tries=4))

    def solve(self, widget: Widget) -> Mapping[str, str]:
        return {"proof_of_work": solve(widget.data["challenge"])}


class TestPictureAndSound(HumanCheckSuite):
    plugin = PictureAndSound(PictureAndSoundSettings(key=SecretStr("k" * 32)))

    def solve(self, widget: Widget) -> Mapping[str, str]:
        task = widget.data["task"]
        return {"picture_task": task, "picture_text": read(self.plugin, task)}
