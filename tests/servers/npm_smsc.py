"""A carrier's SMPP server by others: npm's `smpp`, over TLS, which says what it understood of what it was told."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any, Self

from .authority import Authority
from .ports import free_port
from .smsc import NAME, PASSWORD
from .story import wait_until

FOLDER = Path(__file__).parent / "npm_smsc"


def missing() -> str:
    """Why there can be none here; empty when there can."""
    if shutil.which("node") is None:
        return "Node.js is not installed (Debian: apt-get install nodejs npm)"
    if not (FOLDER / "node_modules" / "smpp").is_dir():
        return "npm's smpp is not installed: .ci/node-packages does it"
    return ""


@dataclass
class NpmSmsc:
    """`with NpmSmsc(folder) as smsc:` — lets `keyback` in, on this machine, and delivers at once."""

    folder: Path
    told: list[dict[str, Any]] = field(default_factory=list)

    def __enter__(self) -> Self:
        authority = Authority(self.folder)
        self.ca_file, self.port = authority.ca_file, free_port()
        self._pair = authority.issue("localhost", "127.0.0.1")
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_gone()

    def begin(self) -> None:
        """Once more, at the same address."""
        started = len(self.of("listening"))
        command = ["node", "server.mjs", str(self.port), *map(str, self._pair), NAME, PASSWORD]
        self._process = subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE)
        self._ear = Thread(target=self._listen, daemon=True)
        self._ear.start()
        wait_until(lambda: len(self.of("listening")) > started, "npm's SMSC")

    def is_gone(self) -> None:
        """Without a goodbye to anybody."""
        self._process.kill()
        self._process.wait(10)
        self._ear.join(10)

    def of(self, kind: str) -> list[dict[str, Any]]:
        """What it said of this kind, in order."""
        return [one for one in self.told if one["kind"] == kind]

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as said:
            for line in said:
                self.told.append(json.loads(line))
