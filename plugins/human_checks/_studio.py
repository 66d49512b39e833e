"""Where the pictures and sounds of the human check are made."""

from __future__ import annotations

from random import Random

from captcha import audio
from captcha.image import ImageCaptcha

WIDTH, HEIGHT = 260, 80
# Fixed: the library's own chance sometimes draws light grey on white.
PAPER, INK = (242, 245, 244), (19, 32, 31, 255)
# Any byte becomes silence, or a little beside it.
HISS = bytes(126 + value % 5 for value in range(256))


class Studio(audio.AudioCaptcha):
    """The library's letters and voices. It speaks for a second, by its own chance; this one is told, in a tenth."""

    def __init__(self, signs: str) -> None:
        super().__init__()
        self.load()
        self._signs = signs
        self._pictures = ImageCaptcha(WIDTH, HEIGHT)
        # The library lays letters on by their lightness: dark ones would come out pale.
        self._pictures.lookup_table = [min(255, 9 * lightness) for lightness in range(256)]

    def draw(self, characters: str) -> bytes:
        """A picture file that shows them."""
        return self._pictures.generate(characters, bg_color=PAPER, fg_color=INK).getvalue()

    def say(self, characters: str, chance: Random) -> bytes:
        """A sound file in which they are read, with other voices murmuring backwards behind them."""
        spoken = [self._spoken(sign, chance) for sign in characters]
        pauses = [chance.randrange(6_000, 10_000) for _ in spoken]
        length = sum(pauses) + sum(map(len, spoken)) + 4_000
        track = bytearray(chance.randbytes(length)).translate(HISS)
        for start in range(0, length - 6_000, 3_000):
            murmur = _louder(chance.choice(self._cache[chance.choice(self._signs)]), chance.uniform(0.1, 0.3))
            _lay(murmur[::-1], track, start + chance.randrange(2_000))
        place = 0
        for pause, sound in zip(pauses, spoken, strict=True):
            _lay(sound, track, place + pause)
            place += pause + len(sound)
        return bytes(audio.patch_wave_header(audio.BEEP + audio.SILENCE + track + audio.END_BEEP))

    def _spoken(self, sign: str, chance: Random) -> bytearray:
        voice = audio.change_speed(chance.choice(self._cache[sign]), chance.uniform(0.95, 1.25))
        return _louder(voice, chance.uniform(0.85, 1.2))


def _louder(sound: bytearray, level: float) -> bytearray:
    # The library's loop over 256 values instead of over every sample.
    return sound.translate(audio.change_sound(bytearray(range(256)), level))


def _lay(sound: bytearray, track: bytearray, start: int) -> None:
    end = start + len(sound)
    track[start:end] = audio.mix_wave(sound, track[start:end])
