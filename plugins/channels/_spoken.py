"""Words as a telephone carries them: 8,000 samples a second, spoken by espeak-ng."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import wave
from array import array
from itertools import pairwise
from pathlib import Path

RATE = 8000
# Slower than it speaks by itself: digits are written down.
WORDS_A_MINUTE = "130"
LONGEST_WORDS, SPEAKING_SECONDS = 2000, 5.0


class NoVoice(OSError):
    """espeak-ng is not there, or does not speak."""


def speaks() -> bool:
    """Whether it is there."""
    return shutil.which("espeak-ng") is not None


def speak(words: str, locale: str, path: Path, *, silence_after: float) -> None:
    """Into a file. Raises NoVoice.

    The words go in by a pipe: in a command line everybody on this machine could read them.
    """
    said = _asked(words, locale) or _asked(words, "en")
    try:
        with wave.open(io.BytesIO(said)) as spoken:
            rate, samples = spoken.getframerate(), array("h", spoken.readframes(spoken.getnframes()))
    except (wave.Error, EOFError, ValueError) as error:
        raise NoVoice("espeak-ng said nothing that is sound") from error
    quiet = array("h", bytes(2 * int(RATE * silence_after)))
    write(path, array("h", bytes(RATE)) + _slower(samples, rate) + quiet)


def write(path: Path, samples: array[int]) -> None:
    """A file as a telephone takes it."""
    with wave.open(str(path), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        made.writeframes(samples.tobytes())


def _asked(words: str, locale: str) -> bytes:
    """What it says, as a WAV file; empty in a language that it does not know."""
    try:
        done = subprocess.run(  # noqa: S603 - every word of the command is ours
            ["espeak-ng", "--stdin", "--stdout", "-s", WORDS_A_MINUTE, "-v", locale],  # noqa: S607
            input=words[:LONGEST_WORDS].encode("utf-8", "replace"), capture_output=True, check=False,
            timeout=SPEAKING_SECONDS, env={"PATH": os.environ.get("PATH", "")},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        # Not as its cause: that holds what was to be said.
        raise NoVoice("espeak-ng takes too long") from None
    return done.stdout if done.returncode == 0 and done.stdout.startswith(b"RIFF") else b""


def _slower(samples: array[int], rate: int) -> array[int]:
    """Each new sample is the mean of those that it stands for."""
    step = rate / RATE
    count = int(len(samples) / step)
    edges = [int(number * step) for number in range(count + 1)]
    return array("h", (sum(samples[a:b]) // (b - a) for a, b in pairwise(edges) if b > a))
