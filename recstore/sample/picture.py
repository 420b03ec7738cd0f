"""One frame of a film: shared slide, people's tiles, caption, clock, strip.

Everything that stays the same for a while is drawn once, at twice the size and then reduced, so that
edges are smooth; a frame is then little more than a few pastes.
"""

from collections.abc import Callable
from functools import lru_cache
from math import cos, sin

from PIL import Image, ImageDraw

from recstore.sample.lettering import Colour, Pen, initials, width, wrap, write
from recstore.sample.script import Script, Slide, Turn, loudness
from recstore.sample.strip import draw_second

SIZE = (960, 540)
SLIDE = (24, 62, 672, 426)  # left, top, right, bottom
TILES = (688, 62, 936, 426)
CAPTION = (24, 440, 936, 510)
PROGRESS = (280, 529, 936, 534)
GAP = 12
LEVELS = 6

NIGHT: Colour = (17, 21, 29)
PANEL: Colour = (28, 34, 45)
PAPER: Colour = (241, 244, 248)
INK: Colour = (30, 38, 52)
WHITE: Colour = (240, 243, 247)
MUTED: Colour = (139, 150, 168)
RED: Colour = (229, 83, 83)
PEOPLE: tuple[Colour, ...] = ((90, 169, 230), (242, 166, 90), (126, 200, 140), (201, 140, 226))

Box = tuple[int, int, int, int]


class Painter:
    """Draw the frames of one script, in any order."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self._backdrop = _drawn(SIZE, self._draw_backdrop, ground=NIGHT)
        self._pointer = _pointer()
        self._slide = lru_cache(maxsize=2)(self._paint_slide)
        self._caption = lru_cache(maxsize=2)(self._paint_caption)
        self._tile = lru_cache(maxsize=64)(self._paint_tile)

    def frame(self, second: float) -> Image.Image:
        """Return the frame at this second: RGB, 960 by 540."""
        image = self._backdrop.copy()
        turn = self.script.turn_at(second)
        self._put_slide(image, second)
        self._put_tiles(image, turn, second)
        if turn:
            image.paste(self._caption(turn), CAPTION[:2])
        self._put_time(image, second)
        draw_second(image, int(second))
        return image

    def _draw_backdrop(self, pen: Pen) -> None:
        pen.ellipse((48, 50, 68, 70), fill=RED)
        write(pen, (82, 71), self.script.title, size=38, fill=WHITE)
        room_at = 82 + width(self.script.title, 38) + 28
        write(pen, (room_at, 71), self.script.room, size=28, fill=MUTED)
        pen.rounded_rectangle(_twice(CAPTION), radius=24, fill=PANEL)

    def _put_slide(self, image: Image.Image, second: float) -> None:
        slide = self.script.slide_at(second)
        blank, full = self._slide(slide)
        image.paste(blank, SLIDE[:2])
        share = (second - slide.at) / (self.script.slide_end(slide) - slide.at)
        shown = round(full.width * min(1.0, 0.08 + share))  # the chart grows from left to right
        image.paste(full.crop((0, 0, shown, full.height)), SLIDE[:2])
        x = SLIDE[0] + 320 + 230 * sin(0.43 * second)
        y = SLIDE[1] + 235 + 70 * cos(0.71 * second)
        image.paste(self._pointer, (round(x), round(y)), self._pointer)

    def _paint_slide(self, slide: Slide) -> tuple[Image.Image, Image.Image]:
        size = (SLIDE[2] - SLIDE[0], SLIDE[3] - SLIDE[1])
        blank = _drawn(size, lambda pen: _draw_page(pen, size, slide))
        full = _drawn(size, lambda pen: _draw_page(pen, size, slide, chart=True))
        return blank, full

    def _put_tiles(self, image: Image.Image, turn: Turn | None, second: float) -> None:
        count = len(self.script.people)
        height = (TILES[3] - TILES[1] - GAP * (count - 1)) // count
        for place in range(count):
            level = 0
            if turn and turn.speaker == place and second < turn.stop:
                level = 1 + round((LEVELS - 1) * float(loudness(turn, [second])[0]))
            image.paste(self._tile(place, level, height), (TILES[0], TILES[1] + place * (height + GAP)))

    def _paint_tile(self, place: int, level: int, height: int) -> Image.Image:
        size = (TILES[2] - TILES[0], height)
        return _drawn(
            size, lambda pen: _draw_tile(pen, size, self.script.people[place], PEOPLE[place], level)
        )

    def _paint_caption(self, turn: Turn) -> Image.Image:
        size = (CAPTION[2] - CAPTION[0], CAPTION[3] - CAPTION[1])
        name = self.script.people[turn.speaker]
        return _drawn(size, lambda pen: _draw_caption(pen, size, name, PEOPLE[turn.speaker], turn.words))

    def _put_time(self, image: Image.Image, second: float) -> None:
        pen = ImageDraw.Draw(image)
        minutes, rest = divmod(round(second * 10), 600)
        # Digits of unequal width would make the clock tremble: each has a place of its own.
        for place, digit in enumerate(f"{minutes:02}:{rest // 10:02}.{rest % 10}"):
            write(pen, (806 + 20 * place, 44), digit, size=36, fill=WHITE, anchor="ms")
        left, top, right, bottom = PROGRESS
        pen.rectangle(PROGRESS, fill=PANEL)
        pen.rectangle(
            (left, top, left + (right - left) * second / self.script.seconds, bottom), fill=PEOPLE[0]
        )


def _twice(box: Box) -> Box:
    return box[0] * 2, box[1] * 2, box[2] * 2, box[3] * 2


def _drawn(size: tuple[int, int], draw: Callable[[Pen], None], *, ground: Colour = NIGHT) -> Image.Image:
    """Let `draw` paint at twice the size, and return the result reduced to `size`."""
    large = Image.new("RGB", (size[0] * 2, size[1] * 2), ground)
    draw(ImageDraw.Draw(large))
    return large.resize(size, Image.Resampling.BOX)


def _draw_page(pen: Pen, size: tuple[int, int], slide: Slide, *, chart: bool = False) -> None:
    pen.rounded_rectangle((0, 0, size[0] * 2 - 1, size[1] * 2 - 1), radius=28, fill=PAPER)
    write(pen, (64, 106), slide.heading, size=56, fill=INK)
    pen.rounded_rectangle((64, 130, 184, 137), radius=3, fill=PEOPLE[0])
    for row, point in enumerate(slide.points):
        pen.ellipse((66, 181 + 54 * row, 78, 193 + 54 * row), fill=PEOPLE[0])
        write(pen, (100, 198 + 54 * row), point, size=34, fill=INK)
    pen.line((64, 668, 1232, 668), fill=(200, 207, 217), width=3)
    if chart:
        _draw_chart(pen, slide.values)


def _draw_chart(pen: Pen, values: tuple[float, ...]) -> None:
    step = 1168 / len(values)
    tops = [(64 + step * (place + 0.5), 664 - 290 * value) for place, value in enumerate(values)]
    for x, y in tops:
        box = (x - step * 0.32, y, x + step * 0.32, 664)
        pen.rounded_rectangle(box, radius=10, fill=(187, 214, 238), corners=(True, True, False, False))
    pen.line(tops, fill=PEOPLE[0], width=6, joint="curve")
    for x, y in tops:
        pen.ellipse((x - 9, y - 9, x + 9, y + 9), fill=PAPER, outline=PEOPLE[0], width=5)


def _draw_tile(pen: Pen, size: tuple[int, int], name: str, colour: Colour, level: int) -> None:
    wide, high = size[0] * 2, size[1] * 2
    edge = colour if level else PANEL
    pen.rounded_rectangle((0, 0, wide - 1, high - 1), radius=28, fill=PANEL, outline=edge, width=5)
    radius, x, y = min(72, high * 0.31), min(110, 24 + high * 0.42), high / 2
    glow = radius + 3 * level
    if level:
        pen.ellipse((x - glow, y - glow, x + glow, y + glow), outline=colour, width=4)
    inner = radius - 4
    pen.ellipse((x - inner, y - inner, x + inner, y + inner), fill=colour)
    letter_size = round(radius * 0.8)
    write(pen, (x, y + letter_size * 0.35), initials(name), size=letter_size, fill=NIGHT, anchor="ms")
    left = x + radius + 30
    first, *rest = wrap(name, size=32, limit=wide - left - 20)
    write(pen, (left, y - (20 if rest else -2)), first, size=32, fill=WHITE)
    for line in rest[:1]:
        write(pen, (left, y + 18), line, size=32, fill=WHITE)
    for bar in range(5):  # the voice, as five bars
        reach = 3 + level * (4, 6, 7, 5, 3)[bar] * 0.6
        middle, foot = left + 8 + 14 * bar, y + (50 if rest else 38)
        pen.rounded_rectangle(
            (middle - 4, foot - reach, middle + 4, foot + reach), radius=4, fill=colour if level else MUTED
        )


def _draw_caption(pen: Pen, size: tuple[int, int], name: str, colour: Colour, words: str) -> None:
    pen.rounded_rectangle((0, 0, size[0] * 2 - 1, size[1] * 2 - 1), radius=24, fill=PANEL)
    write(pen, (36, 82), name, size=34, fill=colour)
    left = 36 + max(width(name, 34), 260) + 36
    lines = wrap(words, size=36, limit=size[0] * 2 - left - 36)
    for row, line in enumerate(lines):
        write(pen, (left, 83 + 46 * row - 23 * (len(lines) - 1)), line, size=36, fill=WHITE)


def _pointer() -> Image.Image:
    large = Image.new("RGBA", (56, 56), (*RED, 0))
    pen = ImageDraw.Draw(large)
    pen.ellipse((2, 2, 53, 53), fill=(*RED, 70))
    pen.ellipse((18, 18, 37, 37), fill=(*RED, 235))
    return large.resize((28, 28), Image.Resampling.BOX)
