"""An LSTM adds two numbers that stand far apart in a sequence: `python examples/adding.py`.

Fifty steps, each a number and a mark; two steps are marked, and the answer is the sum of their numbers. Always to
answer 1 has a mean squared error of about 1/6, and there a network stays that cannot remember (Hochreiter 1997).
"""

from __future__ import annotations

import numpy as np

from azuraforge_core import Array, Generator
from azuraforge_learner import MSE, Adam, ArrayDataset, DataLoader, Learner, OneCycle
from azuraforge_learner.layers import LSTM, Linear, Sequential

STEPS = 50


def sequences(count: int, *, seed: int) -> tuple[Array, Array]:
    """Sequences `(count, 50, 2)` with one mark in each half, and the sums `(count, 1)`."""
    source = Generator(seed)
    numbers, marks = source.uniform((count, STEPS)), np.zeros((count, STEPS), np.float32)
    half = STEPS // 2
    first, second = source.integers((count, 1), high=half), source.integers((count, 1), low=half, high=STEPS)
    np.put_along_axis(marks, np.concatenate([first, second], axis=1), 1.0, axis=1)
    return np.stack([numbers, marks], axis=2), (numbers * marks).sum(axis=1, keepdims=True)


def main(*, samples: int = 2_000, epochs: int = 10) -> float:
    """Train, and answer with the mean squared error over unseen sequences."""
    unseen = DataLoader(ArrayDataset(*sequences(400, seed=2)), batch_size=100)
    weights = Generator(3)
    model = Sequential(LSTM(2, 24, generator=weights), Linear(24, 1, generator=weights))
    learner = Learner(
        model,
        loss=MSE(),
        optimizer=Adam(model, learning_rate=0.03),
        schedule=OneCycle(),
        clip_norm=1.0,
        seed=1,
    )
    learner.fit(DataLoader(ArrayDataset(*sequences(samples, seed=1)), batch_size=20, is_shuffled=True), epochs=epochs)
    return learner.evaluate(unseen)["loss"]


if __name__ == "__main__":
    print(f"mean squared error {main():.4f}; who always answers 1 has 0.16")
