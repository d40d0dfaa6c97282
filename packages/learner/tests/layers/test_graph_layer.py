"""Networks that run: as evaluated by hand, the same each time, trained, stored and read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from azuraforge_core import Array, Generator, Tensor, ops
from azuraforge_core.errors import GradientMismatch
from azuraforge_core.testing import assert_close, gradcheck, plant_sign_error
from azuraforge_learner import (
    SGD,
    ArrayDataset,
    DataLoader,
    Learner,
    Predictor,
    load_bundle,
    load_checkpoint,
    save_bundle,
    save_checkpoint,
)
from azuraforge_learner.errors import GraphInvalid, LayerInvalid
from azuraforge_learner.layers import (
    LSTM,
    Add,
    BatchNorm,
    Concat,
    Conv2D,
    Dropout,
    Flatten,
    Graph,
    Layer,
    Linear,
    MaxPool2D,
    ReLU,
    Residual,
    Sequential,
    Tanh,
    TransformerEncoder,
    canonical_graph,
    from_graph,
    to_graph,
)
from azuraforge_learner.losses import MSE
from azuraforge_learner.testing import check_layer

WIDTH = 3


def node(name: str, kind: str, **parameters: object) -> dict[str, Any]:
    return {"id": name, "type": kind, "version": 1, "parameters": parameters}


def dense(name: str, inputs: int = WIDTH) -> dict[str, Any]:
    return node(name, "Linear", inputs=inputs, outputs=WIDTH)


def network(nodes: list[dict[str, Any]], edges: list[list[str]], **more: Any) -> dict[str, Any]:
    return {"format": "azf.graph/1", "inputs": ["x"], "outputs": ["y"], "nodes": nodes, "edges": edges} | more


def make(document: dict[str, Any], seed: int = 1) -> Graph:
    model = from_graph(document, generator=Generator(seed))
    assert isinstance(model, Graph)
    return model


CELL = {
    "inputs": ["in"],
    "outputs": ["out"],
    "nodes": [node("act", "Tanh"), node("sum", "Add"), dense("dense")],
    "edges": [["in", "dense"], ["dense", "act"], ["in", "sum.0"], ["act", "sum.1"], ["sum", "out"]],
}
DIAMOND = network(
    [dense("left"), dense("right"), node("bent", "Tanh"), node("sum", "Add")],
    [["x", "left"], ["x", "right"], ["left", "bent"], ["bent", "sum.0"], ["right", "sum.1"], ["sum", "y"]],
)
STAGES = network(
    [{"id": "stage", "block": "cell", "repeat": 3}, dense("end")],
    [["x", "stage"], ["stage", "end"], ["end", "y"]],
    blocks={"cell": CELL},
)


@st.composite
def networks(draw: st.DrawFn, kinds: tuple[str, ...] = ("Linear", "Tanh", "ReLU", "Add", "Concat", "block")) -> Any:
    """Any network of layers of one width, its nodes and edges in any order."""
    nodes: list[dict[str, Any]] = []
    edges: list[list[str]] = []
    values, unread = ["x"], ["x"]

    def read(name: str, count: int) -> None:
        for place in range(count):
            source = draw(st.sampled_from(values))
            edges.append([source, f"{name}.{place}" if count > 1 else name])
            unread[:] = [value for value in unread if value != source]

    for i in range(draw(st.integers(1, 8))):
        kind, name = draw(st.sampled_from(kinds)), f"n{i}"
        count = draw(st.integers(2, 4)) if kind in {"Add", "Concat"} else 1
        read(name, count)
        if kind == "block":
            nodes.append({"id": name, "block": "cell", "repeat": draw(st.integers(1, 3))})
        else:
            nodes.append(dense(name) if kind == "Linear" else node(name, kind))
        if kind == "Concat":
            nodes.append(dense(f"{name}_narrow", count * WIDTH))
            edges.append([name, f"{name}_narrow"])
        values.append(nodes[-1]["id"])
        unread.append(values[-1])
    if len(unread) > 1:
        nodes.append(node("end", "Add"))
        edges += [[name, f"end.{place}"] for place, name in enumerate(unread)]
        unread = ["end"]
    edges.append([unread[0], "y"])
    blocks = {"blocks": {"cell": CELL}} if any("block" in each for each in nodes) else {}
    return network(draw(st.permutations(nodes)), draw(st.permutations(edges)), **blocks)


def by_hand(document: dict[str, Any], layers: dict[str, Layer], x: Tensor) -> Tensor:
    """The answer asked from the end of the document to its beginning, node by node."""
    return _asked(document, document["outputs"][0], document["inputs"][0], layers, x, path="", blocks=document)


def _asked(body: Any, name: str, first: str, layers: Any, x: Tensor, *, path: str, blocks: Any) -> Tensor:
    read = sorted((end, begin) for begin, end in body["edges"] if end.split(".")[0] == name)
    values = [
        x if begin == first else _asked(body, begin, first, layers, x, path=path, blocks=blocks) for _, begin in read
    ]
    found = [each for each in body["nodes"] if each["id"] == name]
    if not found:
        return values[0]
    if "block" in found[0]:
        answer, block = values[0], blocks["blocks"][found[0]["block"]]
        for i in range(found[0]["repeat"]):
            answer = _asked(block, "out", "in", layers, answer, path=f"{path}{name}.{i}.", blocks=blocks)
        return answer
    if found[0]["type"] == "Add":
        return sum(values[1:], values[0])
    return ops.concat(values, axis=-1) if found[0]["type"] == "Concat" else layers[path + name](values[0])


X = Generator(3).normal((5, WIDTH))


@given(networks())
def test_any_network_answers_and_learns_as_evaluated_by_hand(document: dict[str, Any]) -> None:
    model = make(document).cast("float64")
    results: list[list[Array]] = []
    for way in (model, model, lambda x: by_hand(document, model.children(), x)):
        x = Tensor(X.astype(np.float64), requires_grad=True)
        for parameter in model.parameters().values():
            parameter.grad = None
        answer = way(x)
        (answer * answer).sum().backward()
        results.append([answer.data, x.grad, *(p.grad for p in model.parameters().values())])  # type: ignore[list-item]
    once, again, hand = results
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
    for ours, theirs in zip(once, hand, strict=True):
        assert_close(ours, theirs, tolerance=1e-10)


@given(networks(kinds=("Linear", "Tanh", "Add", "Concat", "block")))
@settings(max_examples=40, deadline=None)
def test_every_parameter_of_any_network_moves_in_one_step(document: dict[str, Any]) -> None:
    check_layer(make(document), X)


@given(networks())
def test_document_to_model_to_document_is_the_canonical_one_and_means_the_same(document: dict[str, Any]) -> None:
    model = make(document)
    written = json.loads(json.dumps(to_graph(model), sort_keys=True))
    assert written == canonical_graph(document) == canonical_graph(written)
    again = make(written)
    assert list(again.parameters()) == list(model.parameters())
    assert all(np.array_equal(a, b) for a, b in zip(model.arrays().values(), again.arrays().values(), strict=True))
    assert np.array_equal(model(Tensor(X)).data, again(Tensor(X)).data)


def test_gradients_of_a_diamond() -> None:
    model = make(DIAMOND).cast("float64")
    x = Tensor(X.astype(np.float64), requires_grad=True)
    parameters = list(model.parameters().values())
    gradcheck(lambda x, *_: model(x), [x, *parameters])
    for target in (x, *parameters):
        with pytest.raises(GradientMismatch):
            gradcheck(plant_sign_error(lambda *_: model(x), target), [target])


def test_each_repetition_has_parameters_of_its_own_under_a_path_that_stays() -> None:
    names = list(make(STAGES).parameters())
    assert names == [
        *(f"stage.{i}.dense.{part}" for i in range(3) for part in ("weight", "bias")),
        *("end.weight", "end.bias"),
    ]
    once = json.loads(json.dumps(STAGES))
    del once["nodes"][0]["repeat"]
    assert list(make(once).parameters()) == [*names[:2], *names[6:]]
    weights = make(STAGES).arrays()
    assert not np.array_equal(weights["stage.0.dense.weight"], weights["stage.1.dense.weight"])


TREES: dict[str, tuple[Layer, tuple[int, ...]]] = {
    "row": (Sequential(Linear(3, 4, generator=Generator(1)), ReLU(), Dropout(0.5)), (3,)),
    "blocks": (
        Sequential(
            Residual(Linear(3, 3, generator=Generator(2)), Tanh()),
            Concat(Linear(3, 2, generator=Generator(3)), Add(Tanh(), ReLU())),
            Sequential(Flatten(), Tanh()),
        ),
        (3,),
    ),
    "image": (
        Sequential(
            Conv2D(2, 3, kernel=3, padding=1, generator=Generator(4)),
            ReLU(),
            MaxPool2D(2),
            Residual(Conv2D(3, 3, kernel=3, padding=1, generator=Generator(5)), BatchNorm(3)),
            ReLU(),
            Flatten(),
        ),
        (6, 6, 2),
    ),
    "text": (Sequential(TransformerEncoder(4, 2, hidden=8, generator=Generator(6), blocks=2)), (5, 4)),
    "series": (Sequential(LSTM(2, 3, generator=Generator(7)), Linear(3, 1, generator=Generator(8))), (4, 2)),
    "graph in a row": (Sequential(Graph(STAGES, generator=Generator(9)), Tanh()), (3,)),
    "graph in a branch": (Sequential(Add(Graph(DIAMOND, generator=Generator(9)), Residual(Tanh()))), (3,)),
    "lone layer": (Linear(3, 3, generator=Generator(1)), (3,)),
}


@pytest.mark.parametrize("name", TREES)
def test_the_document_of_any_layer_tree_runs_to_the_same_numbers(name: str) -> None:
    tree, shape = TREES[name]
    document = json.loads(json.dumps(to_graph(tree)))
    x = Tensor(Generator(5).normal((4, *shape)))
    wanted = tree.eval()(x).data
    for model in (from_graph(document, generator=Generator(0)), Graph(document, generator=Generator(0))):
        arrays = tree.arrays() if name != "lone layer" else {f"0.{key}": value for key, value in tree.arrays().items()}
        model.load_arrays(arrays)
        assert np.array_equal(model.eval()(x).data, wanted)


def test_blocks_of_layers_stay_one_node_of_a_network() -> None:
    inner = to_graph(Sequential(Residual(Linear(3, 3, generator=Generator(2))), Tanh()))
    nodes = [
        {"id": "row", "type": "Sequential", "version": 1, "graph": inner},
        {"id": "deep", "type": "Graph", "version": 1, "graph": DIAMOND},
        node("sum", "Add"),
    ]
    model = make(network(nodes, [["x", "row"], ["x", "deep"], ["row", "sum.0"], ["deep", "sum.1"], ["sum", "y"]]))
    assert list(model.parameters())[::2] == ["row.0.body.0.weight", "deep.left.weight", "deep.right.weight"]
    check_layer(model, X)
    assert canonical_graph(to_graph(model)) == to_graph(model)


def test_several_inputs_and_outputs_are_asked_for_by_name() -> None:
    document = network(
        [dense("a"), node("sum", "Add"), node("b", "Tanh")],
        [["x", "a"], ["a", "sum.0"], ["z", "sum.1"], ["sum", "y"], ["z", "b"], ["b", "w"]],
        inputs=["x", "z"],
        outputs=["y", "w"],
    )
    model = make(document)
    x, z = Tensor(X), Tensor(2 * X)
    answers = model.run({"z": z, "x": x})
    assert list(answers) == ["y", "w"]
    assert np.array_equal(answers["y"].data, (model.children()["a"](x) + z).data)
    assert np.array_equal(answers["w"].data, Tanh()(z).data)
    with pytest.raises(LayerInvalid, match="this Graph reads x, z and answers y, w: call run"):
        model(x)
    with pytest.raises(LayerInvalid, match="this Graph reads x, z, given are x"):
        model.run({"x": x})


def test_values_that_would_broadcast_are_refused_where_they_meet() -> None:
    nodes = [node("narrow", "Linear", inputs=WIDTH, outputs=1), node("sum", "Add")]
    model = make(network(nodes, [["x", "narrow"], ["x", "sum.0"], ["narrow", "sum.1"], ["sum", "y"]]))
    with pytest.raises(LayerInvalid, match=r"sum: Add needs answers of one shape, not \(5, 3\), \(5, 1\)"):
        model(Tensor(X))


def test_a_network_at_two_places_cannot_be_written() -> None:
    shared = make(DIAMOND)
    with pytest.raises(GraphInvalid, match="two places"):
        to_graph(Sequential(shared, shared))


def learner(document: dict[str, Any], seed: int = 1) -> tuple[Learner, DataLoader]:
    model = make(document, seed)
    y = np.tanh(X.sum(axis=1, keepdims=True) * np.ones((1, WIDTH))).astype(np.float32)
    trained = Learner(model, loss=MSE(), optimizer=SGD(model, learning_rate=0.05, momentum=0.9), seed=seed)
    return trained, DataLoader(ArrayDataset(X, y), batch_size=2, is_shuffled=True)


def test_a_training_continues_from_its_checkpoint_bit_for_bit(tmp_path: Path) -> None:
    whole, data = learner(STAGES)
    whole.fit(data, epochs=4)
    half, data = learner(STAGES)
    half.fit(data, epochs=2)
    save_checkpoint(half, tmp_path / "checkpoint")
    other, data = learner(STAGES, seed=1)
    load_checkpoint(other, tmp_path / "checkpoint")
    other.fit(data, epochs=4)
    assert all(
        np.array_equal(a, b) for a, b in zip(whole.model.arrays().values(), other.model.arrays().values(), strict=True)
    )


def test_a_bundle_brings_the_same_answers_back(tmp_path: Path) -> None:
    model = make(STAGES).eval()
    save_bundle(tmp_path / "b", model=model, preprocess={}, signature={}, manifest={}, card="")
    bundle = load_bundle(tmp_path / "b")
    assert isinstance(bundle.model, Graph)
    assert np.array_equal(bundle.predict(X), model(Tensor(X)).data)
    assert to_graph(bundle.model) == to_graph(model)


def test_a_predictor_plans_a_network() -> None:
    model = make(STAGES)
    predictor = Predictor(model)
    wanted = model.eval()(Tensor(X)).data
    for _ in range(2):
        np.testing.assert_allclose(predictor(X), wanted, rtol=1e-6, atol=1e-6)
