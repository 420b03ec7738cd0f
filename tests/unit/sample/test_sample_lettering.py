"""Text is drawn with its accents, or refused; never with an empty box."""

import pytest
from PIL import Image, ImageChops, ImageDraw

from recstore.sample.lettering import initials, width, wrap, write


def drawn(text: str, *, anchor: str = "ls") -> Image.Image:
    image = Image.new("RGB", (400, 80))
    write(ImageDraw.Draw(image), (200, 60), text, size=40, fill=(255, 255, 255), anchor=anchor)
    return image


@pytest.mark.parametrize(
    ("accented", "bare"), [("å", "a"), ("Å", "A"), ("ö", "o"), ("Ö", "O"), ("ä", "a"), ("é", "e")]
)
def test_an_accent_is_ink_above_the_bare_letter(accented: str, bare: str) -> None:
    more = ImageChops.difference(drawn(accented), drawn(bare)).getbbox()
    letter = drawn(bare).getbbox()
    assert more
    assert letter
    assert more[1] < letter[1]
    assert letter[0] <= (more[0] + more[2]) / 2 <= letter[2]


def test_an_accent_does_not_change_the_width() -> None:
    assert width("Åsa Öberg", 20) == width("Asa Oberg", 20)


def test_an_accent_without_a_drawing_is_refused() -> None:
    with pytest.raises(ValueError, match="COMBINING CARON"):
        drawn("Žižek")


@pytest.mark.parametrize(("anchor", "reach"), [("ls", (200, 400)), ("ms", (100, 300)), ("rs", (0, 201))])
def test_a_line_stands_where_its_anchor_says(anchor: str, reach: tuple[int, int]) -> None:
    box = drawn("word", anchor=anchor).getbbox()
    assert box
    assert reach[0] <= box[0] < box[2] <= reach[1]


def test_wrapping_keeps_every_word_and_the_limit() -> None:
    text = "one two three four five six seven"
    lines = wrap(text, size=20, limit=100)
    assert " ".join(lines) == text
    assert len(lines) > 1
    assert all(width(line, 20) <= 100 for line in lines)


@pytest.mark.parametrize(
    ("name", "letters"), [("Åsa Öberg", "ÅÖ"), ("Ann (guest)", "A"), ("Bo", "B"), ("A B C", "AB")]
)
def test_initials_are_those_of_the_first_two_words(name: str, letters: str) -> None:
    assert initials(name) == letters
