"""Attention copies a sequence after a pause: `python examples/copying.py`.

Six symbols, then six blanks during which the network must repeat them in order. It sees only what came before
(`is_causal`), so at each blank it has to look back exactly six steps.
"""

from __future__ import annotations

import numpy as np

from azuraforge_core import Array, Generator
from azuraforge_learner import Adam, ArrayDataset, CrossEntropy, DataLoader, Learner, OneCycle
from azuraforge_learner.layers import Embedding, Linear, PositionalEncoding, Sequential, TransformerEncoder

SYMBOLS, LENGTH, WIDTH = 8, 6, 32
BLANK = SYMBOLS


def sequences(count: int, *, seed: int) -> tuple[Array, Array]:
    """What is read `(count, 12)` and what is to be said at each step."""
    symbols = Generator(seed).integers((count, LENGTH), high=SYMBOLS)
    blanks = np.full_like(symbols, BLANK)
    return np.concatenate([symbols, blanks], axis=1), np.concatenate([blanks, symbols], axis=1)


def main(*, samples: int = 1_500, epochs: int = 4) -> float:
    """Train, and answer with the share of symbols that are copied right in unseen sequences."""
    read, said = sequences(samples, seed=1)
    unseen, expected = sequences(300, seed=2)
    weights = Generator(3)
    model = Sequential(
        Embedding(SYMBOLS + 1, WIDTH, generator=weights),
        PositionalEncoding(WIDTH),
        TransformerEncoder(WIDTH, 2, hidden=64, dropout=0.0, is_causal=True, generator=weights),
        Linear(WIDTH, SYMBOLS + 1, generator=weights),
    )
    learner = Learner(
        model,
        loss=CrossEntropy(),
        optimizer=Adam(model, learning_rate=0.01),
        schedule=OneCycle(),
        seed=1,
    )
    learner.fit(DataLoader(ArrayDataset(read, said), batch_size=32, is_shuffled=True), epochs=epochs)
    answers = learner.predict(unseen).argmax(axis=2)
    return float((answers == expected)[:, LENGTH:].mean())


if __name__ == "__main__":
    print(f"{main():.1%} of symbols were copied")
