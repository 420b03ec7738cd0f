"""The sound of a film: a quiet voice for each person (their own pitch), and a click at every full second."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from recstore.sample.script import Script, Turn, loudness

RATE = 48_000  # samples a second, one channel
PITCHES = (118.0, 176.0, 98.0, 205.0)  # Hz, by position in Script.people
VOICE, CLICK = 0.11, 0.16  # of full scale


def seconds_of_sound(script: Script) -> Iterator[NDArray[np.float32]]:
    """Yield the samples of one second after the other, each from -1 to 1."""
    for second in range(script.seconds):
        times = second + np.arange(RATE) / RATE
        samples = _click(times - second)
        for turn in script.turns:
            if turn.at < second + 1 and turn.stop > second:
                samples += _voice(turn, times)
        yield samples.astype(np.float32)


def _voice(turn: Turn, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Hum: harmonics of the person's pitch, some brought forward by a slowly moving mouth."""
    phase = 2 * np.pi * PITCHES[turn.speaker] * times + 1.5 * np.sin(2 * np.pi * 0.9 * times)
    mouth = 4 + 2 * np.sin(2 * np.pi * 1.3 * times)
    tones = [np.sin(n * phase) * np.exp(-(((n - mouth) / 3) ** 2)) / n**0.5 for n in range(1, 9)]
    return np.asarray(VOICE * loudness(turn, times) * sum(tones))


def _click(since: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(CLICK * np.sin(2 * np.pi * 1200 * since) * np.exp(-since * 180))
