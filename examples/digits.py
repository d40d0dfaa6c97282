"""A convolutional network reads digits: `python examples/digits.py`.

The pictures are made here, from fonts that matplotlib ships: ten digits, turned, moved and speckled with noise.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.ft2font import FT2Font

from azuraforge_core import Array, Generator
from azuraforge_learner import Adam, ArrayDataset, CrossEntropy, DataLoader, Learner, OneCycle
from azuraforge_learner.layers import BatchNorm, Conv2D, Flatten, Linear, MaxPool2D, ReLU, Sequential

SIDE = 16
FONTS = (
    "DejaVuSans.ttf",
    "DejaVuSans-Bold.ttf",
    "DejaVuSansMono.ttf",
    "DejaVuSerif.ttf",
    "STIXGeneral.ttf",
    "cmr10.ttf",
)


def draw_digits(count: int, *, seed: int) -> tuple[Array, Array]:
    """Pictures `(count, 16, 16, 1)` and the digits on them."""
    source = Generator(seed)
    folder = Path(mpl.get_data_path()) / "fonts" / "ttf"
    faces = [FT2Font(str(folder / name)) for name in FONTS]
    digits = source.integers((count,), high=10)
    chosen, sizes = source.integers((count,), high=len(faces)), source.integers((count,), low=16, high=19)
    angles, places = source.uniform((count,), low=-12.0, high=12.0), source.uniform((count, 2))
    pictures = source.normal((count, SIDE, SIDE, 1), std=0.1)
    for k, digit in enumerate(digits):
        face = faces[chosen[k]]
        face.set_size(int(sizes[k]), 72)
        face.set_text(str(digit), float(angles[k]))
        face.draw_glyphs_to_bitmap()
        ink = np.asarray(face.get_image(), np.float32)[:SIDE, :SIDE] / 255
        row, column = (places[k] * (SIDE + 1 - np.array(ink.shape))).astype(int)
        pictures[k, row : row + ink.shape[0], column : column + ink.shape[1], 0] += ink
    return pictures, digits


def build(generator: Generator) -> Sequential:
    """Two convolutions, each halved by pooling, and one linear layer over what is left."""
    return Sequential(
        Conv2D(1, 8, kernel=3, padding=1, has_bias=False, generator=generator),
        BatchNorm(8),
        ReLU(),
        MaxPool2D(2),
        Conv2D(8, 16, kernel=3, padding=1, has_bias=False, generator=generator),
        BatchNorm(16),
        ReLU(),
        MaxPool2D(2),
        Flatten(),
        Linear(4 * 4 * 16, 10, generator=generator),
    )


def main(*, samples: int = 2_000, epochs: int = 5) -> float:
    """Train, and answer with the share of unseen digits that it reads."""
    pictures, digits = draw_digits(samples, seed=1)
    unseen, expected = draw_digits(500, seed=2)
    model = build(Generator(3))
    learner = Learner(
        model,
        loss=CrossEntropy(),
        optimizer=Adam(model, learning_rate=0.02),
        schedule=OneCycle(),
        seed=4,
    )
    learner.fit(DataLoader(ArrayDataset(pictures, digits), batch_size=32, is_shuffled=True), epochs=epochs)
    return float((learner.predict(unseen).argmax(axis=1) == expected).mean())


if __name__ == "__main__":
    print(f"{main():.1%} of digits that it never saw were read")
