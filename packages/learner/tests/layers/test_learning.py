"""Models of several layers learn what only they can: bars in images, a reversed sequence, a sum over time."""

import numpy as np

from azuraforge_core import Array, Generator
from azuraforge_learner import MSE, Adam, ArrayDataset, CrossEntropy, DataLoader, Learner, OneCycle
from azuraforge_learner.layers import (
    GELU,
    GRU,
    BatchNorm,
    Bidirectional,
    Conv2D,
    Dropout,
    Embedding,
    GlobalAvgPool2D,
    LayerNorm,
    Linear,
    MaxPool2D,
    PositionalEncoding,
    ReLU,
    Residual,
    Sequential,
    TransformerEncoder,
)


def trained(model: Sequential, x: Array, y: Array, *, epochs: int, rate: float) -> Learner:
    loss = MSE() if y.dtype.kind == "f" else CrossEntropy()
    learner = Learner(model, loss=loss, optimizer=Adam(model, learning_rate=rate), schedule=OneCycle(), seed=1)
    learner.fit(DataLoader(ArrayDataset(x, y), batch_size=32, is_shuffled=True), epochs=epochs)
    return learner


def test_a_convolutional_model_tells_bars_apart() -> None:
    source, g = Generator(1), Generator(2)
    x, y = source.normal((480, 8, 8, 1), std=0.3), source.integers((480,), high=2)
    for image, label, place in zip(x, y, source.integers((480,), high=8), strict=True):
        (image if label else image.transpose(1, 0, 2))[place] += 1.0
    model = Sequential(
        Conv2D(1, 8, kernel=3, padding=1, has_bias=False, generator=g),
        BatchNorm(8),
        ReLU(),
        MaxPool2D(2),
        Residual(Conv2D(8, 8, kernel=3, padding=1, generator=g), BatchNorm(8), ReLU(), Dropout(0.1)),
        GlobalAvgPool2D(),
        Linear(8, 2, generator=g),
    )
    learner = trained(model, x[:320], y[:320], epochs=8, rate=0.02)
    assert (learner.predict(x[320:]).argmax(axis=1) == y[320:]).mean() > 0.97


def test_attention_reverses_a_sequence() -> None:
    g = Generator(3)
    x = Generator(4).integers((1_200, 6), high=8)
    model = Sequential(
        Embedding(8, 32, generator=g),
        PositionalEncoding(32),
        TransformerEncoder(32, 4, hidden=64, dropout=0.0, generator=g),
        LayerNorm(32),
        Linear(32, 8, generator=g),
    )
    learner = trained(model, x[:1_000], x[:1_000, ::-1].copy(), epochs=12, rate=0.01)
    assert (learner.predict(x[1_000:]).argmax(axis=2) == x[1_000:, ::-1]).mean() > 0.97


def test_a_gru_adds_two_marked_numbers_of_twelve() -> None:
    source, g = Generator(5), Generator(6)
    x = np.zeros((1_200, 12, 2), np.float32)
    x[:, :, 0] = source.uniform((1_200, 12))
    places = np.stack([source.permutation(12)[:2] for _ in range(1_200)])
    np.put_along_axis(x[:, :, 1], places, 1.0, axis=1)
    y = (x[:, :, 0] * x[:, :, 1]).sum(axis=1, keepdims=True)
    model = Sequential(
        GRU(2, 16, return_sequences=True, generator=g),
        Bidirectional(16, 8, cell="GRU", generator=g),
        GELU(),
        Linear(16, 1, generator=g),
    )
    learner = trained(model, x[:1_000], y[:1_000], epochs=20, rate=0.02)
    error = float(np.square(learner.predict(x[1_000:]) - y[1_000:]).mean())
    assert error < 0.1 * float(y.var())
