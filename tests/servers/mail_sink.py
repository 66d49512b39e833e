"""A real mail server that keeps what it is given, and answers as a script says."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from functools import cached_property
from pathlib import Path
from threading import Condition, Thread
from time import monotonic
from typing import Any, Literal, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from .authority import Authority
from .ports import free_port

Security = Literal["starttls", "tls", "none"]


@dataclass(frozen=True)
class Mail:
    """One mail as it came over the wire."""

    sender: str
    recipients: Sequence[str]
    raw: bytes
    session: int
    encrypted: bool
    signed_in: bool

    @cached_property
    def parsed(self) -> EmailMessage:
        message = message_from_bytes(self.raw, policy=modern)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def text(self) -> str:
        """The plain words."""
        body = self.parsed.get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


class MailSink:
    """`with MailSink(folder) as sink:` — STARTTLS and a sign-in are demanded unless told otherwise."""

    username = "keyback"
    password = "a mail server's secret"

    def __init__(self, folder: Path, *, security: Security = "starttls", sign_in: bool = True) -> None:
        authority = Authority(folder)
        self.ca_file = authority.ca_file
        self.host = "localhost"
        self.port = free_port()
        self.messages: list[Mail] = []
        self.sessions = 0
        self._security = security
        self._sign_in = sign_in
        self._script: deque[str] = deque()
        self._delay = 0.0
        self._arrived = Condition()
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(*authority.issue("localhost", "127.0.0.1"))
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: Thread | None = None
        self._open: list[SMTP] = []

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def up(self) -> None:
        """Listen, always on the same port."""
        loop = asyncio.new_event_loop()
        tls = self._tls if self._security == "tls" else None
        listening = loop.create_server(self._session, "127.0.0.1", self.port, ssl=tls, reuse_address=True)
        server = loop.run_until_complete(listening)
        self._loop = loop
        self._thread = Thread(target=self._serve, args=(loop, server), daemon=True)
        self._thread.start()

    def down(self) -> None:
        """Stop listening and hang up on everybody."""
        if self._thread is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._thread = None

    def _serve(self, loop: asyncio.AbstractEventLoop, server: asyncio.Server) -> None:
        asyncio.set_event_loop(loop)
        loop.run_forever()
        server.close()
        for session in self._open:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        self._open.clear()
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        # Hanging up takes a few turns of the loop.
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()

    def _session(self) -> SMTP:
        self.sessions += 1
        starttls = self._security == "starttls"
        with warnings.catch_warnings():
            # aiosmtpd does not see that the whole connection is TLS already.
            warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")
            session = SMTP(
                self,
                enable_SMTPUTF8=True,
                tls_context=self._tls if starttls else None,
                require_starttls=starttls,
                auth_required=self._sign_in,
                auth_require_tls=starttls,
                authenticator=self._authenticate,
                loop=self._loop,
            )
        self._open.append(session)
        return session

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        right = (
            isinstance(data, LoginPassword)
            and data.login == self.username.encode()
            and data.password == self.password.encode()
        )
        # handled=False: otherwise aiosmtpd takes the wrong password as answered and just hangs up.
        return AuthResult(success=right, handled=False)

    def answers(self, *answers: str) -> None:
        """What the next mails get after RCPT ("550 5.1.1 no such mailbox"); then everything is taken again."""
        self._script.extend(answers)

    def slow(self, seconds: float) -> None:
        """How long each mail waits for its answer."""
        self._delay = seconds

    def wait_for(self, count: int, timeout: float = 10.0) -> list[Mail]:
        """The mails, once there are that many."""
        ends = monotonic() + timeout
        with self._arrived:
            while len(self.messages) < count:
                if not self._arrived.wait(ends - monotonic()):
                    raise AssertionError(f"{len(self.messages)} of {count} mails came within {timeout} s")
            return list(self.messages)

    # Called by aiosmtpd ---------------------------------------------------------------------------------------

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd looks for this name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self._script and (answer := self._script.popleft()) != "250":
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self._delay)
        assert isinstance(envelope.original_content, bytes)
        mail = Mail(
            envelope.mail_from or "",
            tuple(envelope.rcpt_tos),
            envelope.original_content,
            id(session),
            session.ssl is not None or self._security == "tls",
            bool(session.authenticated),
        )
        with self._arrived:
            self.messages.append(mail)
            self._arrived.notify_all()
        return "250 OK: kept"
