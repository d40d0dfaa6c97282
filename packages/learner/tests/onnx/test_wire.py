"""Bytes are counted before a parser makes objects of them."""

import tracemalloc

import pytest
from onnx import ModelProto, TensorProto, helper

from azuraforge_learner.errors import OnnxInvalid, OnnxUnsupported
from azuraforge_learner.onnx import wire
from azuraforge_learner.onnx.wire import check_wire


def whole() -> bytes:
    node = helper.make_node("Relu", ["x"], ["y"], name="0/Relu")
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 2]) for name in "xy"]
    weights = [helper.make_tensor("w", TensorProto.FLOAT, [2], [1.0, 2.0])]
    content: bytes = helper.make_model(
        helper.make_graph([node], "g", ports[:1], ports[1:], weights)
    ).SerializeToString()
    return content


def field(number: int, content: bytes) -> bytes:
    """A field of bytes with its length, as protobuf writes it."""
    length, size = b"", len(content)
    while size >= 0x80:
        length, size = length + bytes([size & 0x7F | 0x80]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def test_a_whole_file_passes() -> None:
    check_wire(whole())


def test_a_file_cut_off_anywhere_is_refused_or_a_file_of_its_own() -> None:
    content = whole()
    refused = 0
    for end in range(len(content)):
        try:
            check_wire(content[:end])
        except OnnxInvalid as refusal:
            assert "cut off" in str(refusal)  # noqa: PT017 - most of the places are refused, not each of them
            refused += 1
    assert refused > len(content) * 0.9


@pytest.mark.parametrize(
    "content", [b"\xff" * 80, b"\x0b\x0c", b"PK\x03\x04" * 20, b"{}" * 40, b"\x80\x04\x95" + b"." * 60]
)
def test_other_files_are_refused(content: bytes) -> None:
    with pytest.raises(OnnxInvalid, match="protobuf"):
        check_wire(content)


def test_a_length_beyond_the_file_is_refused_without_taking_memory() -> None:
    content = b"\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + b"\0" * 50
    with pytest.raises(OnnxInvalid, match="reaches beyond"):
        check_wire(content)


def test_many_empty_messages_are_refused_before_objects_are_made_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_FIELDS", 10_000)
    content = field(7, b"\x0a\x00" * 20_000)
    tracemalloc.start()
    try:
        with pytest.raises(OnnxInvalid, match="more than 10,000 fields"):
            check_wire(content)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_much_that_is_no_weight_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_STRUCTURE_BYTES", 1_000)
    model = ModelProto.FromString(whole())
    model.graph.initializer[0].raw_data = b"\0" * 5_000
    check_wire(model.SerializeToString())
    model.doc_string = "a" * 5_000
    with pytest.raises(OnnxInvalid, match="besides its weights"):
        check_wire(model.SerializeToString())


def test_parts_that_no_model_of_ours_has_are_refused_by_name() -> None:
    model = ModelProto.FromString(whole())
    model.graph.node[0].attribute.append(helper.make_attribute("body", model.graph))
    with pytest.raises(OnnxUnsupported, match="a graph within a node"):
        check_wire(model.SerializeToString())
    model = ModelProto.FromString(whole())
    model.functions.add(name="mine")
    with pytest.raises(OnnxUnsupported, match="functions of its own"):
        check_wire(model.SerializeToString())
