"""Where paths part and meet again, told by the definition: on every way to the output, and the first such node."""

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from azuraforge_learner.onnx.flow import Flow
from azuraforge_learner.onnx.program import Node, Port, Program

ROW = Port("x", "float32", ("n", 2))


def program(*edges: tuple[str, str]) -> Program:
    """Nodes named by what they make; each edge is (inputs, output), a letter for each name."""
    nodes = tuple(Node("Sum", made, tuple(read), (made,)) for read, made in edges)
    return Program(nodes, {}, ROW, Port(edges[-1][1], "float32", ("n", 2)))


def ways(flow: Flow, name: str) -> Iterator[list[str]]:
    if name == flow.output:
        yield []
    for node in flow.readers.get(name, []):
        for rest in ways(flow, node.outputs[0]):
            yield [node.outputs[0], *rest]


def test_a_row_meets_at_every_node() -> None:
    flow = Flow(program(("x", "a"), ("a", "b"), ("b", "y")))
    assert [node.name for node in flow.list_joins("x", limit=9)] == ["a", "b", "y"]
    assert [node.name for node in flow.list_joins("x", limit=1)] == ["a"]


def test_what_does_not_reach_the_output_is_not_there() -> None:
    flow = Flow(program(("x", "a"), ("x", "z"), ("za", "w"), ("a", "y")))
    assert [node.name for node in flow.nodes] == ["a", "y"]
    assert flow.find_only_reader("x") is flow.nodes[0]
    assert not flow.is_used("z", "w", "")


@given(st.data())
def test_joins_are_on_every_way_and_in_order(data: st.DataObject) -> None:
    names, edges = ["x"], []
    for made in "abcdefy"[-data.draw(st.integers(1, 7)) :]:
        edges.append(("".join(data.draw(st.sets(st.sampled_from(names), min_size=1, max_size=3))), made))
        names.append(made)
    flow = Flow(program(*edges))
    for name in names[:-1]:
        found = list(ways(flow, name))
        if found:
            shared = [step for step in found[0] if all(step in way for way in found)]
            assert [node.name for node in flow.list_joins(name, limit=99)] == shared
