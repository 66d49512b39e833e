"""`keyback serve` as a process of its own, with the settings of the test."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import requests

from keyback.core.db.sealing import Keyring
from keyback.core.db.session import Database
from keyback.core.db.settings_store import SettingsStore
from keyback.core.recovery.policy import Policy, PublicRules

from .browser import Browser
from .ports import free_port

# Answers are judged as soon as they can be: the pause that hides how long a look-up takes is tested where it matters.
PROMPT = PublicRules(look_up=timedelta(0))
HOST = "reset.keyback.test"
COMPANY = "Alderwick"
COMMAND = Path(sys.executable).with_name("keyback")
# A machine may have much else to do. How soon something comes is tested where time is measured.
PATIENCE = 60.0


class Keyback:
    """A server in a folder of its own. `pins` are the plugins' settings by "kind.key"."""

    def __init__(
        self,
        folder: Path,
        pins: Mapping[str, Mapping[str, Any]],
        *,
        processes: int = 1,
        database_url: str = "",
        more: Mapping[str, Any] | None = None,
        rules: PublicRules = PROMPT,
        policies: Sequence[Policy] = (),
        farewell: int = 0,
    ) -> None:
        self.folder = folder
        self.port, self.metrics_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "keyback.log"
        self.faultpoints = folder / "faultpoints"
        self.database_url = database_url or f"sqlite:///{folder / 'data' / 'keyback.db'}"
        # What else its processes find in their environment.
        self.environment: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._rules, self._policies = rules, policies
        folder.mkdir(parents=True, exist_ok=True)
        self.faultpoints.mkdir(exist_ok=True)
        key = folder / "keyback.key"
        if not key.exists():
            key.write_text(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
            key.chmod(0o600)
        usual = (
            *("sms", "email", "saved_codes", "smtp", "http_gateway", "account_notice"),
            *("proof_of_work", "picture_and_sound"),
        )
        load = dict.fromkeys([*usual, *(name.partition(".")[2] for name in pins)])
        top = {
            "portal_url": f"https://{HOST}", "company": COMPANY, "help_desk": "01632 960123",
            "data_dir": str(folder / "data"), "key_file": str(key), "database_url": database_url,
            # Tests come through one address, as if from behind a proxy: each says which person it is.
            "trusted_proxies": ["127.0.0.1/32"],
            # As many texts as a test likes; what they may cost has tests of its own.
            "media": {"sms": {"per_range_hour": 10**6, "per_region_hour": 10**6, "per_day": 10**6, "usual_price": 0}},
        }  # fmt: skip
        top |= more or {}
        serve = {"bind": f"127.0.0.1:{self.port}", "processes": processes, "grace_seconds": 3}
        serve["farewell_seconds"] = farewell
        lines = [
            *_lines(top),
            "[serve]",
            *_lines(serve),
            "[metrics]",
            *_lines({"bind": f"127.0.0.1:{self.metrics_port}"}),
            "[plugins]",
            *_lines({"load": list(load)}),
        ]
        for name, values in pins.items():
            lines += [f"[pin.{name}]", *_lines(values)]
        (folder / "keyback.toml").write_text("\n".join(lines) + "\n")
        (folder / "data").mkdir(exist_ok=True)

    def start(self) -> None:
        """Start, and wait until it is ready."""
        self._set_rules()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(COMMAND), "serve"], cwd=self.folder, env=self._environment(), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log,
            )  # fmt: skip
        self.wait_until_ready()

    def _set_rules(self) -> None:
        """As an administrator would have, before the first start."""
        database = Database(self.database_url)
        database.upgrade()
        keyring = Keyring.load(database, self.key)
        settings = SettingsStore(keyring)
        with database.write() as tx:
            if settings.public_rules(tx) != self._rules:
                settings.save_public_rules(tx, self._rules, who="the tests", why="tests")
            if tuple(self._policies) != settings.policies(tx):
                settings.save_policies(tx, self._policies, who="the tests", why="tests")
        database.close()

    @property
    def key(self) -> bytes:
        """The key that wraps all others."""
        return base64.urlsafe_b64decode((self.folder / "keyback.key").read_text())

    def wait_until_ready(self, seconds: float = 2 * PATIENCE) -> None:
        """Raises with the log's end when it does not come up."""
        patience = time.monotonic() + seconds
        while time.monotonic() < patience:
            if self._process is not None and self._process.poll() is not None:
                break
            try:
                if requests.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except requests.RequestException:
                pass
            time.sleep(0.02)
        raise RuntimeError(f"keyback is not ready: {self.log.read_text()[-4000:]}")

    def stop(self) -> int:
        """End it in order; its exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(signal.SIGTERM)
        return process.wait(PATIENCE)

    def processes(self) -> list[int]:
        """The process that watches over the others, and those."""
        assert self._process is not None
        return [self._process.pid, *self.workers()]

    def workers(self) -> list[int]:
        """The processes that serve and the one of the back office, without the one that watches over them."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        return [int(child) for child in children.split()]

    def office(self) -> int:
        """The process of the back office: of those that began with the server it is the first."""
        return min(self.workers())

    def reload(self) -> None:
        """Have every process replaced by a new one."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)

    def metrics(self) -> str:
        """What Prometheus reads."""
        return requests.get(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=5).text

    def command(self, *arguments: str, **environment: str) -> str:
        """What a command of Keyback prints, run beside the server."""
        done = subprocess.run(
            [str(COMMAND), *arguments],
            cwd=self.folder, env={**self._environment(), **environment}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}: {done.stdout} {done.stderr}"
        return done.stdout

    def browser(self, address: str = "") -> Browser:
        """Somebody at a browser of their own, from an address of their own."""
        octets = ".".join(str(byte) for byte in secrets.token_bytes(3))
        return Browser(self.url, host=HOST, address=address or f"10.{octets}")

    def arm(self, point: str, order: str = "SIGKILL") -> None:
        """The next process that comes to this point gets this signal."""
        (self.faultpoints / point).write_text(order)

    def fired(self, point: str) -> bool:
        """Whether somebody came by."""
        return not (self.faultpoints / point).exists()

    def __enter__(self) -> Keyback:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _environment(self) -> dict[str, str]:
        # Without byte code it would compile the house at each start, which servers do not.
        dropped = ("KEYBACK_", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        return {**kept, "KEYBACK_FAULTPOINTS": str(self.faultpoints), "PYTHONWARNINGS": "default", **self.environment}


def _lines(values: Mapping[str, Any]) -> list[str]:
    return [f"{name} = {_toml(value)}" for name, value in values.items()]


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(name)} = {_toml(inner)}" for name, inner in value.items()) + "}"
    # JSON's texts, numbers, truths and lists are TOML's too.
    return json.dumps(list(value) if isinstance(value, tuple) else value)
