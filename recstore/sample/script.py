"""A film's script: who is seen, what is shown, who says what. Pure; seconds count from the film's start."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SECONDS_PER_WORD = 0.36


@dataclass(frozen=True, slots=True)
class Slide:
    """What is shared on the screen from second `at` on; `values` (0 to 1) become a chart."""

    at: int
    heading: str
    points: tuple[str, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody speaks from second `at` on; `speaker` is a position in `Script.people`."""

    at: int
    speaker: int
    words: str

    @property
    def stop(self) -> float:
        """The second in which the last word ends."""
        return self.at + SECONDS_PER_WORD * len(self.words.split())


@dataclass(frozen=True, slots=True)
class Script:
    """A film of `seconds` length, at most four people. Slides and turns are in order, first slide at 0."""

    title: str
    room: str
    people: tuple[str, ...]
    seconds: int
    slides: tuple[Slide, ...]
    turns: tuple[Turn, ...]

    def slide_at(self, second: float) -> Slide:
        """Return the slide shown at this second."""
        return [slide for slide in self.slides if slide.at <= second][-1]

    def slide_end(self, slide: Slide) -> int:
        """Return the second at which the next slide (or the end) takes this one's place."""
        return min((other.at for other in self.slides if other.at > slide.at), default=self.seconds)

    def turn_at(self, second: float) -> Turn | None:
        """Return the latest turn begun by this second, spoken to its end or not."""
        return next((turn for turn in reversed(self.turns) if turn.at <= second), None)


def loudness(turn: Turn, seconds: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how loudly `turn` is spoken at each of the seconds: 0 (silent) to 1.

    Two slow waves of unrelated speed make syllables and words; ring and sound follow the same curve.
    """
    since = np.asarray(seconds, dtype=np.float64) - turn.at
    syllables = np.abs(np.sin(np.pi * 3.7 * since + turn.speaker))
    words = 0.65 + 0.35 * np.sin(2 * np.pi * 0.61 * since + turn.at)
    edges = np.clip(since / 0.15, 0, 1) * np.clip((turn.stop - turn.at - since) / 0.15, 0, 1)
    return np.asarray(syllables * words * edges)
