"""Render a script as a film: MP4 with H.264 and AAC, its index in front, a keyframe every second.

Nothing touches the disk: the film grows in memory (about 5 MB for two minutes).
"""

from fractions import Fraction
from io import BytesIO

import av
import numpy as np
from av import AudioFrame, VideoFrame
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from recstore.sample.picture import SIZE, Painter
from recstore.sample.script import Script
from recstore.sample.sound import RATE, seconds_of_sound
from recstore.sample.strip import read_second

__all__ = ["MEDIA_TYPE", "read_second", "render"]

MEDIA_TYPE = "video/mp4"
FRAMES_PER_SECOND = 10
INDEX_BYTES_PER_SECOND = 700
INDEX_BYTES_AT_LEAST = 8_192


def render(script: Script) -> bytes:
    """Return the film of `script`. The same script gives the same bytes."""
    film = BytesIO()
    # The usual `faststart` opens the file a second time by its name; a film in memory has none. Room for the
    # index is kept free in front instead, and muxing fails if it were too little.
    index = INDEX_BYTES_AT_LEAST + INDEX_BYTES_PER_SECOND * script.seconds
    with av.open(film, "w", format="mp4", options={"moov_size": str(index)}) as container:
        picture = _add_picture(container)
        sound = container.add_stream("aac", rate=RATE, layout="mono", bit_rate=48_000)
        painter = Painter(script)
        for second, samples in enumerate(seconds_of_sound(script)):
            for tenth in range(FRAMES_PER_SECOND):
                number = second * FRAMES_PER_SECOND + tenth
                container.mux(picture.encode(_picture_frame(painter, number)))
            container.mux(sound.encode(_sound_frame(samples, second)))
        container.mux(picture.encode(None))
        container.mux(sound.encode(None))
    return film.getvalue()


def _add_picture(container: OutputContainer) -> VideoStream:
    """Add H.264 with a keyframe each second and none out of order: seeking lands quickly and exactly."""
    picture = container.add_stream("libx264", rate=FRAMES_PER_SECOND)
    picture.width, picture.height = SIZE
    picture.pix_fmt = "yuv420p"
    picture.gop_size = FRAMES_PER_SECOND
    picture.thread_count = 1  # several films may be rendered side by side
    picture.options = {"preset": "superfast", "crf": "25", "bf": "0", "sc_threshold": "0"}
    return picture


def _picture_frame(painter: Painter, number: int) -> VideoFrame:
    pixels = np.asarray(painter.frame(number / FRAMES_PER_SECOND))
    frame = VideoFrame.from_ndarray(pixels, format="rgb24")
    frame.pts, frame.time_base = number, Fraction(1, FRAMES_PER_SECOND)
    return frame


def _sound_frame(samples: NDArray[np.float32], second: int) -> AudioFrame:
    frame = AudioFrame.from_ndarray(samples[np.newaxis, :], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, second * RATE, Fraction(1, RATE)
    return frame
