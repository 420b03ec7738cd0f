"""Films are real: H.264 and AAC, index in front, and every frame shows the second it stands at."""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from itertools import islice, pairwise

import av
import numpy as np
import pytest
from av.container import InputContainer
from PIL import Image

from recstore.sample import sound
from recstore.sample.film import FRAMES_PER_SECOND, read_second, render
from recstore.sample.lettering import width, wrap
from recstore.sample.picture import SIZE, Painter
from recstore.sample.script import Script, Slide, Turn, loudness
from recstore.sample.strip import draw_second
from recstore.sample.world import build

SHORT = Script(
    title="Short",
    room="Test",
    people=("Åsa Öberg", "Renée"),
    seconds=3,
    slides=(Slide(0, "One", ("a",), (0.5, 1.0)), Slide(2, "Two", ("b",), (0.1,))),
    turns=(Turn(1, 1, "Four words and stop."),),
)
SCRIPTS = [
    call.recording.script
    for account in build(datetime(2026, 11, 20, tzinfo=UTC)).accounts
    for call in account.calls
    if call.recording
]
every_script = pytest.mark.parametrize("script", SCRIPTS, ids=[script.title for script in SCRIPTS])


@pytest.fixture(scope="module")
def film() -> bytes:
    """Return the longest sample film, rendered once."""
    return render(max(SCRIPTS, key=lambda script: script.seconds))


@pytest.fixture
def opened(film: bytes) -> Iterator[InputContainer]:
    with av.open(BytesIO(film)) as container:
        yield container


def atoms(film: bytes) -> list[str]:
    names, at = [], 0
    while at < len(film):
        names.append(film[at + 4 : at + 8].decode())
        at += int.from_bytes(film[at : at + 4])
    return names


class TestFilm:
    def test_is_h264_and_aac_of_two_minutes_or_more(self, opened: InputContainer) -> None:
        assert [stream.codec_context.name for stream in opened.streams] == ["h264", "aac"]
        for stream in opened.streams:
            assert stream.duration is not None
            assert stream.time_base is not None
            assert stream.duration * stream.time_base >= 120

    def test_has_its_index_before_the_media(self, film: bytes) -> None:
        names = atoms(film)
        assert names.index("moov") < names.index("mdat")

    def test_has_a_keyframe_every_second(self, opened: InputContainer) -> None:
        keys = [packet.pts * packet.time_base for packet in opened.demux(video=0) if packet.is_keyframe]
        assert keys == list(range(len(keys)))
        assert len(keys) >= 120

    @pytest.mark.parametrize("second", [0, 1, 7.5, 63.9, 100, 119.9], ids=lambda second: f"at {second} s")
    def test_shows_the_right_second_after_seeking(self, opened: InputContainer, second: float) -> None:
        opened.seek(int(second * 1_000_000))
        frame = next(frame for frame in opened.decode(video=0) if frame.time >= second)
        assert frame.time == pytest.approx(second)
        assert read_second(frame.to_image()) == int(second)
        assert read_second(frame.to_ndarray(format="rgb24")) == int(second)

    def test_moves_between_any_two_frames(self, opened: InputContainer) -> None:
        frames = [frame.to_ndarray(format="gray") for frame in islice(opened.decode(video=0), 20)]
        assert all(np.any(one != other) for one, other in pairwise(frames))

    def test_can_be_heard_but_is_quiet(self, opened: InputContainer) -> None:
        opened.seek(30_000_000)
        sounds = [frame.to_ndarray() for frame in islice(opened.decode(audio=0), 200)]
        peak = max(float(np.abs(samples).max()) for samples in sounds)
        assert 0.05 < peak < 0.6

    def test_is_the_same_for_the_same_script(self) -> None:
        assert render(SHORT) == render(SHORT)

    def test_counts_every_frame_of_a_short_script(self) -> None:
        with av.open(BytesIO(render(SHORT))) as container:
            seconds = [read_second(frame.to_image()) for frame in container.decode(video=0)]
        assert seconds == [second for second in range(3) for _ in range(FRAMES_PER_SECOND)]


class TestStrip:
    @pytest.mark.parametrize("second", [0, 1, 2, 59, 255, 256, 43_690, 65_535])
    @pytest.mark.parametrize("size", [SIZE, (640, 360), (1920, 1080), (480, 270)], ids=str)
    def test_reads_what_was_drawn_at_any_size(self, second: int, size: tuple[int, int]) -> None:
        image = Image.new("RGB", SIZE, (17, 21, 29))
        draw_second(image, second)
        assert read_second(image.resize(size)) == second


class TestScripts:
    @every_script
    def test_turns_and_slides_are_in_order_and_end_before_the_film(self, script: Script) -> None:
        assert script.slides[0].at == 0
        assert [slide.at for slide in script.slides] == sorted({slide.at for slide in script.slides})
        starts = [turn.at for turn in script.turns[1:]] + [script.seconds]
        assert all(turn.stop <= start for turn, start in zip(script.turns, starts, strict=True))

    @every_script
    def test_everything_written_fits_its_place(self, script: Script) -> None:
        assert len(script.people) <= 4
        assert width(script.title, 38) + width(script.room, 28) < 1300
        assert all(width(point, 34) < 1100 for slide in script.slides for point in slide.points)
        assert all(len(wrap(turn.words, size=36, limit=1450)) <= 2 for turn in script.turns)

    @every_script
    def test_every_slide_and_turn_can_be_drawn(self, script: Script) -> None:
        painter = Painter(script)
        for at in [*(slide.at for slide in script.slides), *(turn.at for turn in script.turns)]:
            assert read_second(painter.frame(at)) == at


class TestVoice:
    def test_is_silent_before_and_after_the_words(self) -> None:
        turn = SHORT.turns[0]
        assert list(loudness(turn, [0, turn.at, turn.stop, turn.stop + 5])) == [0, 0, 0, 0]
        middle = loudness(turn, np.linspace(turn.at, turn.stop, 200))
        assert 0 <= middle.min() < 0.5 < middle.max() <= 1

    def test_clicks_at_every_full_second_and_hums_only_while_somebody_speaks(self) -> None:
        silent, spoken, _ = sound.seconds_of_sound(SHORT)
        assert np.abs(silent[:500]).max() > 0.05
        assert np.abs(silent[-1000:]).max() < 1e-3
        assert np.abs(spoken[20_000:40_000]).max() > 0.03

    def test_names_its_turn_until_the_next(self) -> None:
        assert SHORT.turn_at(0.9) is None
        assert SHORT.turn_at(2.9) == SHORT.turns[0]
