"""The other end of a call: a real phone that answers and presses keys, or an exchange that says no."""

from __future__ import annotations

import json
import shutil
import socket
import socketserver
import subprocess
import threading
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from .authority import Authority
from .ports import free_port
from .story import wait_until

MODULES = "/usr/lib/baresip/modules"
RATE = 8000
# Bytes of a sound file before its sound.
HEADER = 44


def missing() -> str:
    """Why there can be no call here; empty when there can."""
    lacking = [name for name in ("baresip", "espeak-ng") if not shutil.which(name)]
    return f"not installed: {', '.join(lacking)}" if lacking else ""


@dataclass
class SipPhone:
    """`with SipPhone(folder) as phone:` — +43 664 1234505; answers at once, and keeps what it hears."""

    folder: Path
    secure: bool = False

    def __enter__(self) -> Self:
        self.port, control = free_port(), free_port()
        self.folder.mkdir(exist_ok=True)
        heard, silence = self.folder / "heard", self.folder / "silence.wav"
        heard.mkdir(exist_ok=True)
        with wave.open(str(silence), "wb") as quiet:
            quiet.setnchannels(1)
            quiet.setsampwidth(2)
            quiet.setframerate(RATE)
            quiet.writeframes(bytes(2 * RATE * 70))
        lines = [
            "poll_method epoll", f"sip_listen 127.0.0.1:{self.port - self.secure}", f"audio_source aufile,{silence}",
            f"audio_player aufile,{self.folder}/play.wav", "ausrc_srate 8000", "auplay_srate 8000",
            "ausrc_channels 1", "auplay_channels 1", "audio_txmode poll", f"module_path {MODULES}",
            *(f"module {name}.so" for name in ("g711", "aufile", "sndfile", "srtp")),
            *(f"module_tmp {name}.so" for name in ("uuid", "account")),
            *(f"module_app {name}.so" for name in ("menu", "ctrl_tcp")),
            f"ctrl_tcp_listen 127.0.0.1:{control}", f"snd_path {heard}",
        ]  # fmt: skip
        if self.secure:
            authority = Authority(self.folder)
            self.ca_file, (certificate, key) = authority.ca_file, authority.issue("localhost", "127.0.0.1")
            both = self.folder / "both.pem"
            both.write_text(Path(certificate).read_text() + Path(key).read_text())
            lines.append(f"sip_certificate {both}")
        way = "tls;mediaenc=srtp-mand" if self.secure else "udp"
        account = (
            f"<sip:+436641234505@127.0.0.1:{self.port};transport={way.partition(';')[0]}>;regint=0;answermode=auto"
        )
        account += ";mediaenc=srtp-mand" if self.secure else ""
        for name, content in (("config", "\n".join(lines)), ("accounts", account), ("contacts", "")):
            (self.folder / name).write_text(content + "\n")
        self._process = subprocess.Popen(
            ["baresip", "-f", str(self.folder)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            self._line = _connected(control)
        except AssertionError:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._line.close()
        self._end()

    def _end(self) -> None:
        # Asked politely it may wait for the end of a call that nobody ends.
        self._process.kill()
        self._process.wait(10)

    def press(self, key: str) -> None:
        """As a thumb would."""
        self._tell("sndcode", key)

    def hang_up(self) -> None:
        """End the call."""
        self._tell("hangup", "")

    def heard(self) -> array[int]:
        """Everything that came out of it so far, in all calls."""
        together = array("h")
        for path in sorted((self.folder / "heard").glob("*dec.wav")):
            # Past the header, which says how much it is only once the call is over.
            samples = path.read_bytes()[HEADER:]
            together.frombytes(samples[: len(samples) // 2 * 2])
        return together

    def has_heard(self, words: array[int]) -> bool:
        """Whether they came out of it, to their end."""
        heard = self.heard()
        return len(heard) >= len(words) and alike(words, heard) > 0.9

    def _tell(self, command: str, params: str) -> None:
        order = json.dumps({"command": command, "params": params}).encode()
        self._line.sendall(b"%d:%s," % (len(order), order))


def _connected(port: int) -> socket.socket:
    def connect() -> socket.socket | None:
        try:
            return socket.create_connection(("127.0.0.1", port), 5)
        except ConnectionRefusedError:
            return None

    return wait_until(connect, "the phone to start", 60)


class SayingNo:
    """`with SayingNo("486 Busy Here") as exchange:` — that, to every request; `None` says nothing at all."""

    def __init__(self, answer: str | None) -> None:
        self.asked: list[str] = []
        outer = self

        class _Request(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, line = self.request
                head = data.decode(errors="replace").split("\r\n")
                outer.asked.append(head[0])
                if answer and not head[0].startswith("ACK"):
                    copied = [one for one in head if one.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
                    copied = [f"{one};tag=no" if one.startswith("To") else one for one in copied]
                    said = "\r\n".join([f"SIP/2.0 {answer}", *copied, "Content-Length: 0", "", ""])
                    line.sendto(said.encode(), self.client_address)

        self._server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), _Request)
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def alike(said: array[int], heard: array[int]) -> float:
    """How well what was said can be found in what was heard: by loudness in steps of a fiftieth of a second."""
    needle, hay = _loudness(said), _loudness(heard)
    places = range(max(0, len(hay) - len(needle)) + 1)
    return max((_correlation(needle, hay[at : at + len(needle)]) for at in places), default=0.0)


def _loudness(samples: array[int]) -> list[float]:
    step = RATE // 50
    return [sum(map(abs, samples[at : at + step])) / step for at in range(0, len(samples) - step, step)]


def _correlation(left: list[float], right: list[float]) -> float:
    count = min(len(left), len(right))
    if count < 25:
        return 0.0
    left, right = left[:count], right[:count]
    a, b = sum(left) / count, sum(right) / count
    over = sum((x - a) * (y - b) for x, y in zip(left, right, strict=True))
    under = sum((x - a) ** 2 for x in left) * sum((y - b) ** 2 for y in right)
    return over / under**0.5 if under else 0.0
