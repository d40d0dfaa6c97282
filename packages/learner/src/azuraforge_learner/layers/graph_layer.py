"""A document as a model: chains become a `Sequential`, everything else a `Graph`."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from azuraforge_core import Generator, Tensor
from azuraforge_learner.errors import LayerInvalid
from azuraforge_learner.layers.blocks import Residual
from azuraforge_learner.layers.graph_canonical import canonical_graph
from azuraforge_learner.layers.graph_document import GRAPH_TYPE, GRAPH_VERSION, JOINS, is_chain, is_join
from azuraforge_learner.layers.graph_network import Wiring, expand, read_network, widen
from azuraforge_learner.layers.graph_plan import make_plan
from azuraforge_learner.layers.graph_survey import survey_graph
from azuraforge_learner.layers.layer import Layer
from azuraforge_learner.layers.registry import LAYERS
from azuraforge_learner.layers.sequential import Sequential
from azuraforge_learner.layers.spec import LayerSpec, Settings, no_flops, no_parameters, same_shape


class Graph(Layer):
    """Runs an `azf.graph/1` document: any network of layers without a circle, of one or several inputs and outputs.

    Layers run in the one order that the document fixes, so the same numbers come out each time. Parameters are below
    the names of the nodes: `dense.weight`, in the third repetition of a block `stage.2.dense.weight`.
    """

    spec: ClassVar = LayerSpec(
        type=GRAPH_TYPE,
        version=GRAPH_VERSION,
        title={"tr": "Mimari", "en": "Graph"},
        description={
            "tr": "Katmanları belgedeki bağlantılara göre çalıştırır.",
            "en": "Runs layers as the edges of its document connect them.",
        },
        parameters=(),
        shape_of=same_shape,
        parameters_of=no_parameters,
        flops_of=no_flops,  # all three are counted where the document is: `graph_survey.survey_graph`
    )

    def __init__(self, document: object, *, generator: Generator) -> None:
        """First values are drawn from `generator`, layer by layer in the order of execution.

        Raises:
            GraphInvalid: names what is wrong with the document and where; nothing was built.
        """
        survey_graph(document)
        self._document = canonical_graph(widen(document))  # type: ignore[arg-type]  # an object, or it was refused
        self._wiring = expand(read_network(self._document))
        self._layers = {
            leaf.path: build_node(leaf.node.content, generator=generator)
            for leaf in self._wiring.leaves
            if not is_join(leaf.node.content)
        }
        self._plan = make_plan(self._wiring, self._layers)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of what it reads."""
        return self._wiring.inputs

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of what it answers."""
        return self._wiring.outputs

    @property
    def wiring(self) -> Wiring:
        """Its layers and joins with what each reads, in the order of execution."""
        return self._wiring

    @property
    def document(self) -> dict[str, Any]:
        """A copy of the document in its canonical form."""
        return copy.deepcopy(self._document)

    def children(self) -> dict[str, Layer]:
        """The layers by their path."""
        return dict(self._layers)

    def forward(self, x: Tensor) -> Tensor:
        """The one answer to the one input.

        Raises:
            LayerInvalid: the document has several inputs or outputs (see `run`), or answers that meet do not fit.
        """
        if len(self.inputs) != 1 or len(self.outputs) != 1:
            raise LayerInvalid(f"this Graph reads {_listed(self.inputs)} and answers {_listed(self.outputs)}: call run")
        return self._plan.run((x,))[0]

    def run(self, inputs: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The answers by the name of the output.

        Raises:
            LayerInvalid: the inputs are not those of the document, or answers that meet do not fit each other.
        """
        if inputs.keys() != set(self.inputs):
            raise LayerInvalid(f"this Graph reads {_listed(self.inputs)}, given are {_listed(sorted(inputs))}")
        answers = self._plan.run([inputs[name] for name in self.inputs])
        return dict(zip(self.outputs, answers, strict=True))


def from_graph(document: object, *, generator: Generator) -> Sequential | Graph:
    """Build the model with first values from `generator`: a `Sequential` of a chain, else a `Graph`.

    Raises:
        GraphInvalid: names what is wrong and where; nothing was built.
    """
    survey_graph(document)
    return _build_chain(document, generator=generator) if is_chain(document) else Graph(document, generator=generator)  # type: ignore[arg-type]  # as above


def make_layer(name: str, settings: Settings, *, generator: Generator) -> Layer:
    """One layer of a known type.

    Raises:
        LayerInvalid: unknown type, or settings that its spec refuses.
    """
    kind = LAYERS.get(name)
    if kind is None:
        raise LayerInvalid(f"no layer of the type {name[:60]!r}; there are {', '.join(LAYERS)}")
    resolved = kind.spec.resolve(settings)
    if kind.spec.is_drawn:
        return kind(**resolved, generator=generator)  # type: ignore[call-arg]
    return kind(**resolved)


def build_node(node: Mapping[str, Any], *, generator: Generator) -> Layer:
    """The layer of a checked node."""
    if "branches" in node:
        return JOINS[node["type"]](*(_build_chain(branch, generator=generator) for branch in node["branches"]))
    if "parameters" in node:
        return make_layer(node["type"], node["parameters"], generator=generator)
    if node["type"] == GRAPH_TYPE:
        return Graph(node["graph"], generator=generator)
    chain = _build_chain(node["graph"], generator=generator)
    return Residual(*chain.layers) if node["type"] == Residual.spec.type else chain


def _build_chain(document: Mapping[str, Any], *, generator: Generator) -> Sequential:
    return Sequential(*(build_node(node, generator=generator) for node in document["nodes"]))


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "nothing"
