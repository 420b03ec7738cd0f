"""The row of squares at the bottom left of every frame: the film's second as a number a machine can read.

16 squares, 16 by 16 pixels each in a frame 960 pixels wide, start at the left edge and touch the bottom edge.
Read from the left they are a binary number, highest bit first: light is 1, dark is 0. A reader samples the
middle of each square (x = 16 i + 8, y = height - 8, scaled with the frame): brighter than 128 is light.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

WIDTH = 960
BITS = 16
SIDE = 16
LIGHT, DARK = (236, 240, 245), (8, 10, 14)


def draw_second(image: Image.Image, second: int) -> None:
    """Draw `second` (0 to 65535) into the bottom left corner of a frame of full width."""
    draw = ImageDraw.Draw(image)
    top = image.height - SIDE
    for place in range(BITS):
        colour = LIGHT if second >> (BITS - 1 - place) & 1 else DARK
        draw.rectangle((place * SIDE, top, place * SIDE + SIDE - 1, top + SIDE - 1), fill=colour)


def read_second(frame: Image.Image | NDArray[np.uint8]) -> int:
    """Return the second a frame of any size shows. An array is RGB: (height, width, 3), 8 bit."""
    pixels = np.asarray(frame.convert("RGB") if isinstance(frame, Image.Image) else frame)
    height, width = pixels.shape[:2]
    scale = width / WIDTH
    row = round(height - SIDE / 2 * scale)
    columns = [round((place + 0.5) * SIDE * scale) for place in range(BITS)]
    bits = [pixels[row - 1 : row + 1, column - 1 : column + 1].mean() > 128 for column in columns]
    return sum(bool(bit) << (BITS - 1 - place) for place, bit in enumerate(bits))
