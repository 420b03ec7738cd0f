"""Text in pictures, with Pillow's own font: nothing to install, and the accents it lacks are drawn here."""

import unicodedata
from functools import cache

from PIL import ImageDraw, ImageFont

Colour = tuple[int, int, int]
Pen = ImageDraw.ImageDraw
RING, DIAERESIS, ACUTE = "\u030a", "\u0308", "\u0301"


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's built-in font at this height in pixels."""
    loaded = ImageFont.load_default(size)
    assert isinstance(loaded, ImageFont.FreeTypeFont)  # noqa: S101 - a given size always loads the scalable one
    return loaded


def width(text: str, size: int) -> float:
    """Return the width of `text` in pixels."""
    return font(size).getlength(_bare(text))


def write(
    pen: Pen,
    at: tuple[float, float],
    text: str,
    *,
    size: int,
    fill: Colour,
    anchor: str = "ls",
) -> None:
    """Write one line. `anchor` says which point of its base line is `at`: ls left, ms middle, rs right."""
    left = at[0] - width(text, size) * {"ls": 0.0, "ms": 0.5, "rs": 1.0}[anchor]
    pen.text((left, at[1]), _bare(text), font=font(size), fill=fill, anchor="ls")
    before = ""
    for letter in unicodedata.normalize("NFD", text):
        if unicodedata.combining(letter):
            middle = left + width(before, size) - width(before[-1], size) / 2
            top = at[1] + font(size).getbbox(before[-1], anchor="ls")[1]
            _draw_mark(pen, letter, at=(middle, top), size=size, fill=fill)
        else:
            before += letter


def wrap(text: str, *, size: int, limit: float) -> list[str]:
    """Break `text` into lines no wider than `limit` pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width(longer, size) <= limit:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def initials(name: str) -> str:
    """Return the first letters of the first two words that begin with a letter."""
    return "".join([word[0] for word in name.split() if word[0].isalpha()][:2])


def _bare(text: str) -> str:
    letters = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _draw_mark(pen: Pen, mark: str, *, at: tuple[float, float], size: int, fill: Colour) -> None:
    (middle, top), unit = at, size / 24
    height = top - 3 * unit  # the middle of the mark
    if mark == RING:
        reach = 2.6 * unit
        box = (middle - reach, height - reach + unit, middle + reach, height + reach + unit)
        pen.ellipse(box, outline=fill, width=max(1, round(1.2 * unit)))
    elif mark == DIAERESIS:
        for x in (middle - 3 * unit, middle + 3 * unit):
            reach = 1.5 * unit
            pen.ellipse((x - reach, height - reach, x + reach, height + reach), fill=fill)
    elif mark == ACUTE:
        line = (middle - 1.5 * unit, height + 1.8 * unit, middle + 2.2 * unit, height - 2 * unit)
        pen.line(line, fill=fill, width=max(1, round(1.8 * unit)))
    else:
        raise ValueError(f"no drawing for the accent {unicodedata.name(mark)}")
