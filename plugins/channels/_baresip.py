"""One baresip for one call: started with settings of its own, spoken to on this machine, gone when the call is over."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

# Where distributions put its modules.
MODULES = ("/usr/lib/baresip/modules", "/usr/lib64/baresip/modules", "/usr/local/lib/baresip/modules")
LOADED = ("g711", "aufile", "srtp")
STARTING, STOPPING = 5.0, 2.0
LONGEST = "100"


class NoPhone(OSError):
    """baresip is not there, or does not start."""


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that baresip tells: `kind` in its own words."""

    kind: str
    said: str = field(default="", repr=False)


def modules() -> str:
    """Where they are. Raises NoPhone."""
    found = next((folder for folder in MODULES if Path(folder, "aufile.so").is_file()), "")
    if not found or not shutil.which("baresip"):
        raise NoPhone("baresip is not installed")
    return found


def version() -> int:
    """Its major version; 0 where it does not say."""
    if not shutil.which("baresip"):
        return 0
    done = subprocess.run(
        ["baresip", "-h"],  # noqa: S607 - where the administrator installed it
        capture_output=True, check=False, timeout=STARTING, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    found = re.search(rb"baresip v?([0-9]+)[.]", done.stdout + done.stderr)
    return int(found[1]) if found else 0


class Baresip:
    """`with Baresip(account) as phone:` — its folder holds the code as sound, so it is ours alone and does not stay."""

    def __init__(self, account: str, ca_file: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="keyback-call-"))
        self._account, self._ca_file = account, ca_file
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._unread = b""

    def __enter__(self) -> Baresip:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Let it know who calls. Raises NoPhone; whatever happens, `close` it."""
        port = _free_port()
        for name, lines in (("config", self._config(port)), ("accounts", []), ("contacts", [])):
            (self.folder / name).write_text("\n".join([*lines, ""]))
        where = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.folder)}
        self._process = subprocess.Popen(  # noqa: S603 - every word of it is ours
            # No call outlives this process for long, whatever becomes of it.
            ["timeout", LONGEST, "baresip", "-f", str(self.folder)],  # noqa: S607 - where they are installed
            env=where, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._line = self._connected(port)
        # Told and not written down: the password stands in no file. And what becomes of it is heard from the first.
        self.tell("uanew", self._account)

    def tell(self, command: str, params: str = "") -> None:
        """One order. Raises OSError."""
        assert self._line is not None
        order = json.dumps({"command": command, "params": params}).encode()
        self._line.sendall(b"%d:%s," % (len(order), order))

    def hear(self, ends: float) -> Happened | None:
        """What happened next; None when nothing did before that moment of the monotonic clock. Raises OSError."""
        assert self._line is not None
        while True:
            size, colon, rest = self._unread.partition(b":")
            if colon and len(rest) > int(size):
                self._unread = rest[int(size) + 1 :]
                told: Mapping[str, object] = json.loads(rest[: int(size)])
                if told.get("event"):
                    return Happened(str(told.get("type", "")), str(told.get("param", "")))
                continue
            left = ends - time.monotonic()
            if left <= 0:
                return None
            self._line.settimeout(left)
            try:
                more = self._line.recv(65536)
            except TimeoutError:
                return None
            if not more:
                raise NoPhone("baresip is gone")
            self._unread += more

    def close(self) -> None:
        """Hang up, end it, and leave nothing behind."""
        if self._line is not None:
            with contextlib.suppress(OSError):
                # Whoever waits for what happens next is told at once.
                self._line.shutdown(socket.SHUT_RDWR)
            self._line.close()
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOPPING)
            except subprocess.TimeoutExpired:
                # Both: the one that limits it leads their group.
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _connected(self, port: int) -> socket.socket:
        ends = time.monotonic() + STARTING
        while time.monotonic() < ends and self._process is not None and self._process.poll() is None:
            try:
                return socket.create_connection(("127.0.0.1", port), STARTING)
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise NoPhone("baresip does not start")

    def _config(self, port: int) -> list[str]:
        silence = self.folder / "silence.wav"
        sound = ["ausrc_srate 8000", "auplay_srate 8000", "ausrc_channels 1", "auplay_channels 1", "audio_txmode poll"]
        return [
            "poll_method epoll",
            f"audio_source aufile,{silence}",
            f"audio_player aufile,{self.folder / 'heard.wav'}",
            *sound,
            f"module_path {modules()}",
            *(f"module {name}.so" for name in LOADED),
            *(f"module_tmp {name}.so" for name in ("uuid", "account")),
            *(f"module_app {name}.so" for name in ("menu", "ctrl_tcp")),
            f"ctrl_tcp_listen 127.0.0.1:{port}",
            *([f"sip_cafile {self._ca_file}", "sip_verify_server yes"] if self._ca_file else []),
        ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
