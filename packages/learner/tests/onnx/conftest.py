"""Layers to export, each with a shape of one sample: a few settings of every kind, and a wide grid that runs slowly."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Array, Generator
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers import (
    ELU,
    GELU,
    GRU,
    LSTM,
    Add,
    AvgPool2D,
    BatchNorm,
    Bidirectional,
    Concat,
    Conv1D,
    Conv2D,
    ConvTranspose2D,
    Dropout,
    Embedding,
    Flatten,
    GlobalAvgPool2D,
    Graph,
    GroupNorm,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    LogSoftmax,
    MaxPool2D,
    MultiHeadAttention,
    PositionalEncoding,
    ReLU,
    Reshape,
    Residual,
    RMSNorm,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    TransformerEncoder,
)

Make = Callable[[Generator], Layer]


@dataclass(frozen=True)
class Case:
    """A model to make, the shape it is exported for, and a whole number above which no input may be."""

    name: str
    make: Make
    shape: tuple[int, ...]
    rows: int = 0

    def model(self, dtype: str = "float32") -> Sequential:
        """With weights and averages that no first value hides behind."""
        layer = self.make(Generator(7))
        model = (layer if type(layer) is Sequential else Sequential(layer)).eval()
        for i, (name, array) in enumerate(model.arrays().items()):
            noise = Generator(i).uniform(array.shape, low=-0.5, high=0.5)
            array[...] = np.abs(noise) + 0.5 if name.endswith("variance") else array + noise
        return model.cast(dtype)

    def samples(self, n: int, *, free: int = 5, dtype: str = "float32") -> Array:
        """`n` samples; axes of any length get the length `free`."""
        shape = (n, *(free if length == -1 else length for length in self.shape))
        if self.rows:
            return Generator(3).integers(shape, high=self.rows)
        return Generator(3).normal(shape, std=2.0).astype(dtype)


def _rows_and_images() -> Iterator[Case]:
    image = (6, 5, 2)
    yield Case("AvgPool2D", lambda g: AvgPool2D(2), image)
    yield Case("AvgPool2D overlapping, padded", lambda g: AvgPool2D(3, stride=2, padding=1), image)
    yield Case("AvgPool2D of any size", lambda g: AvgPool2D(3, stride=1, padding=1), (-1, -1, 2))
    yield Case("MaxPool2D", lambda g: MaxPool2D(2), image)
    yield Case("MaxPool2D overlapping, padded", lambda g: MaxPool2D(3, stride=2, padding=1), image)
    yield Case("MaxPool2D, half the kernel padded", lambda g: MaxPool2D(4, stride=1, padding=2), image)
    yield Case("GlobalAvgPool2D", lambda g: GlobalAvgPool2D(), image)
    yield Case("GlobalAvgPool2D of any size", lambda g: GlobalAvgPool2D(), (-1, -1, 3))
    yield Case("Conv1D", lambda g: Conv1D(2, 3, kernel=3, padding=1, generator=g), (7, 2))
    yield Case("Conv1D of any length", lambda g: Conv1D(2, 3, kernel=3, dilation=2, padding=2, generator=g), (-1, 2))
    yield Case("Conv2D", lambda g: Conv2D(2, 3, kernel=3, generator=g), image)
    yield Case("Conv2D strided", lambda g: Conv2D(2, 3, kernel=3, stride=2, padding=1, generator=g), image)
    yield Case("Conv2D grouped", lambda g: Conv2D(4, 6, kernel=2, groups=2, dilation=2, generator=g), (6, 5, 4))
    yield Case("Conv2D without bias", lambda g: Conv2D(2, 3, kernel=1, has_bias=False, generator=g), (-1, 5, 2))
    yield Case(
        "ConvTranspose2D",
        lambda g: ConvTranspose2D(4, 6, kernel=3, stride=2, padding=1, output_padding=1, groups=2, generator=g),
        (3, 4, 4),
    )
    yield Case("ConvTranspose2D of any size", lambda g: ConvTranspose2D(2, 3, kernel=2, generator=g), (-1, -1, 2))
    yield Case("Linear", lambda g: Linear(3, 4, generator=g), (3,))
    yield Case("Linear over time", lambda g: Linear(3, 4, generator=g), (-1, 3))
    yield Case("Linear over an image", lambda g: Linear(2, 4, generator=g), image)
    yield Case("Linear without bias", lambda g: Linear(3, 4, has_bias=False, generator=g), (3,))
    yield Case("Flatten", lambda g: Flatten(), image)
    yield Case("Reshape", lambda g: Reshape((5, -1)), image)
    yield Case("Dropout", lambda g: Dropout(0.3), (3,))
    yield Case("BatchNorm", lambda g: BatchNorm(3), (3,))
    yield Case("BatchNorm of images", lambda g: BatchNorm(2, momentum=0.3, epsilon=1e-3), image)
    yield Case("BatchNorm over time", lambda g: BatchNorm(2), (-1, 2))
    yield Case("GroupNorm", lambda g: GroupNorm(2, 4), (4,))
    yield Case("GroupNorm of images", lambda g: GroupNorm(2, 4, epsilon=1e-3), (3, 5, 4))
    yield Case("LayerNorm", lambda g: LayerNorm(4), (4,))
    yield Case("LayerNorm over time", lambda g: LayerNorm(4, epsilon=1e-3), (-1, 4))
    yield Case("RMSNorm", lambda g: RMSNorm(4, epsilon=1e-3), (-1, 4))
    yield Case("Embedding", lambda g: Embedding(7, 3, generator=g), (-1,), rows=7)
    yield Case("Embedding of one number", lambda g: Embedding(7, 3, generator=g), (), rows=7)


def _activations() -> Iterator[Case]:
    for layer in (
        ELU(), ELU(alpha=0.3), GELU(), GELU(approximation="tanh"), LeakyReLU(), LeakyReLU(slope=0.3), LogSoftmax(),
        ReLU(), SiLU(), Sigmoid(), Softmax(), Softplus(), Softplus(beta=3.0), Tanh(),
    ):  # fmt: skip
        yield Case(repr(layer), lambda g, layer=layer: layer, (3, 4))  # type: ignore[misc]


def _sequences() -> Iterator[Case]:
    for kind in (LSTM, GRU):
        name = kind.__name__
        yield Case(name, lambda g, kind=kind: kind(3, 4, generator=g), (-1, 3))  # type: ignore[misc]
        yield Case(
            f"{name} sequences",
            lambda g, kind=kind: kind(3, 4, generator=g, return_sequences=True),  # type: ignore[misc]
            (6, 3),
        )
        yield Case(f"{name} of one unit, one step", lambda g, kind=kind: kind(1, 1, generator=g), (1, 1))  # type: ignore[misc]
        yield Case(
            f"{name} stacked",
            lambda g, kind=kind: kind(3, 4, generator=g, layers=3, dropout=0.2),  # type: ignore[misc]
            (-1, 3),
        )
    for cell, layers in itertools.product(("LSTM", "GRU"), (1, 2)):
        for is_sequence in (False, True):
            yield Case(
                f"Bidirectional {cell}, {layers} layers, {'sequences' if is_sequence else 'last'}",
                lambda g, cell=cell, layers=layers, is_sequence=is_sequence: Bidirectional(  # type: ignore[misc]
                    3, 2, cell=cell, layers=layers, return_sequences=is_sequence, generator=g
                ),
                (-1, 3),
            )
    for time in (4, -1):
        yield Case(f"PositionalEncoding, {time}", lambda g: PositionalEncoding(5), (time, 5))
        for is_causal in (False, True):
            yield Case(
                f"MultiHeadAttention, {time}, causal {is_causal}",
                lambda g, is_causal=is_causal: MultiHeadAttention(6, 3, is_causal=is_causal, generator=g),  # type: ignore[misc]
                (time, 6),
            )
        for is_first, activation in ((True, "gelu"), (False, "relu")):
            yield Case(
                f"TransformerEncoder, {time}, {activation}",
                lambda g, is_first=is_first, activation=activation: TransformerEncoder(  # type: ignore[misc]
                    4,
                    2,
                    hidden=6,
                    blocks=2,
                    activation=activation,
                    is_norm_first=is_first,
                    is_causal=is_first,
                    generator=g,
                ),
                (time, 4),
            )


def _network(g: Generator) -> Graph:
    """A skip around a convolution and its BatchNorm, three times over."""

    def node(name: str, kind: str, **parameters: object) -> dict[str, Any]:
        return {"id": name, "type": kind, "version": 1, "parameters": parameters}

    cell = {
        "inputs": ["in"],
        "outputs": ["out"],
        "nodes": [
            node("look", "Conv2D", channels=4, outputs=4, kernel=3, padding=1),
            node("normal", "BatchNorm", channels=4),
            node("sum", "Add"),
            node("act", "ReLU"),
        ],
        "edges": [
            ["in", "look"],
            ["look", "normal"],
            ["in", "sum.0"],
            ["normal", "sum.1"],
            ["sum", "act"],
            ["act", "out"],
        ],
    }
    document = {
        "format": "azf.graph/1",
        "inputs": ["x"],
        "outputs": ["y"],
        "nodes": [
            node("wide", "Conv2D", channels=2, outputs=4, kernel=3, padding=1),
            {"id": "stage", "block": "cell", "repeat": 3},
            node("flat", "Flatten"),
            node("end", "Linear", inputs=120, outputs=3),
        ],
        "edges": [["x", "wide"], ["wide", "stage"], ["stage", "flat"], ["flat", "end"], ["end", "y"]],
        "blocks": {"cell": cell},
    }
    return Graph(document, generator=g)


def _blocks() -> Iterator[Case]:
    yield Case("Graph of a repeated block with a skip", _network, (6, 5, 2))
    yield Case("Add", lambda g: Add(Linear(3, 2, generator=g), Sequential(Tanh(), Linear(3, 2, generator=g))), (3,))
    yield Case("Add of three", lambda g: Add(Tanh(), ReLU(), Sequential(Sigmoid(), SiLU())), (4, 3))
    yield Case("Concat", lambda g: Concat(Linear(3, 2, generator=g), Tanh()), (-1, 3))
    yield Case(
        "Concat of image paths",
        lambda g: Concat(
            Conv2D(2, 3, kernel=1, generator=g), AvgPool2D(3, stride=1, padding=1), Residual(Linear(2, 2, generator=g))
        ),
        (4, 3, 2),
    )
    yield Case("Residual", lambda g: Residual(LayerNorm(3), Linear(3, 5, generator=g), Linear(5, 3, generator=g)), (3,))
    yield Case(
        "small image network",
        lambda g: Sequential(
            Conv2D(2, 4, kernel=3, padding=1, has_bias=False, generator=g),
            BatchNorm(4),
            ReLU(),
            Residual(Conv2D(4, 4, kernel=3, padding=1, generator=g), GroupNorm(2, 4), Residual(Tanh())),
            MaxPool2D(2),
            Flatten(),
            Dropout(0.5),
            Linear(24, 3, generator=g),
            Softmax(),
        ),
        (6, 5, 2),
    )
    yield Case(
        "small sequence network",
        lambda g: Sequential(
            Embedding(9, 4, generator=g),
            PositionalEncoding(4),
            Conv1D(4, 6, kernel=3, padding=1, generator=g),
            GELU(),
            Bidirectional(6, 3, return_sequences=True, generator=g),
            LayerNorm(6),
            LSTM(6, 3, generator=g),
            Linear(3, 1, generator=g),
        ),
        (-1,),
        rows=9,
    )


def _fits(case: Case) -> bool:
    try:
        layer = case.make(Generator(0))
        layer.spec.shape_of(layer.settings(), case.shape)
    except LayerInvalid:
        return False
    return True


def _grid(kind: type[Layer], shapes: list[tuple[int, ...]], *fixed: Any, **options: tuple[Any, ...]) -> Iterator[Case]:
    """Every combination of options over every shape, where they fit."""
    is_drawn = kind.spec.is_drawn
    for shape, values in itertools.product(shapes, itertools.product(*options.values())):
        chosen = dict(zip(options, values, strict=True))

        def make(g: Generator, chosen: dict[str, Any] = chosen) -> Layer:
            return kind(*fixed, **chosen, **({"generator": g} if is_drawn else {}))  # type: ignore[call-arg]

        case = Case(f"{kind.__name__}{fixed} {chosen} {shape}", make, shape)
        if _fits(case):
            yield case


def _wide() -> Iterator[Case]:
    window: dict[str, tuple[Any, ...]] = {"stride": (1, 2), "padding": (0, 2), "dilation": (1, 2), "groups": (1, 2)}
    yield from _grid(Conv1D, [(1, 4), (9, 4), (-1, 4)], 4, 6, kernel=(1, 2, 3), **window, has_bias=(False, True))
    yield from _grid(Conv2D, [(7, 6, 4), (-1, -1, 4)], 4, 2, kernel=(1, 3), **window, has_bias=(True,))
    yield from _grid(ConvTranspose2D, [(1, 1, 4), (3, 5, 4)], 4, 6, kernel=(1, 2, 3), **window, output_padding=(0, 1))
    for kind in (MaxPool2D, AvgPool2D):
        yield from _grid(kind, [(7, 6, 3), (4, 4, 1)], kernel=(1, 2, 3, 4), stride=(0, 1, 2, 3), padding=(0, 1, 2))
    for cell in (LSTM, GRU):
        for features, units in itertools.product((1, 3), (1, 5)):
            shapes = [(1, features), (7, features), (-1, features)]
            options = {"return_sequences": (False, True), "layers": (1, 2)}
            yield from _grid(cell, shapes, features, units, **options)
            yield from _grid(Bidirectional, shapes, features, units, cell=(cell.__name__,), **options)
    for width, heads in ((1, 1), (4, 1), (6, 2), (6, 6)):
        yield from _grid(
            MultiHeadAttention, [(1, width), (9, width), (-1, width)], width, heads, is_causal=(False, True)
        )
        yield from _grid(PositionalEncoding, [(1, width), (300, width), (-1, width)], width)
        yield from _grid(
            TransformerEncoder, [(3, width), (-1, width)], width, heads, hidden=(1, 7), blocks=(1, 2),
            activation=("gelu", "relu"), is_norm_first=(False, True), is_causal=(False, True),
        )  # fmt: skip
    for shape in ((6,), (1, 6), (3, 2, 6), (-1, 6)):
        for kind in (LayerNorm, RMSNorm, BatchNorm):
            yield from _grid(kind, [shape], 6, epsilon=(1e-5, 0.1))
        for groups in (1, 2, 3, 6):
            yield from _grid(GroupNorm, [shape], groups, 6)
        yield from _grid(Linear, [shape], 6, 1, has_bias=(False, True))


FAST = [*_rows_and_images(), *_activations(), *_sequences(), *_blocks()]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`case` is every fast case; `wide_case` every other, which only the full tests run."""
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", FAST, ids=lambda case: case.name)
    if "wide_case" in metafunc.fixturenames:
        metafunc.parametrize("wide_case", list(_wide()), ids=lambda case: case.name)


@pytest.fixture(scope="session")
def cases() -> dict[str, Case]:
    """The fast cases by name."""
    return {case.name: case for case in FAST}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a file goes."""
    return tmp_path / "model.onnx"


def run(content: bytes, x: Array) -> Array:
    """What onnxruntime answers."""
    import onnxruntime  # noqa: PLC0415 - its import takes a while, and only some tests need it

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    answer: Array = session.run(None, {session.get_inputs()[0].name: x})[0]
    return answer


@pytest.fixture(name="run", scope="session")
def run_fixture() -> Callable[[bytes, Array], Array]:
    """Run a file in onnxruntime."""
    return run
