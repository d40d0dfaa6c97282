"""Arrays move by name only, and what ops take beside tensors is checked on the host before it moves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from azuraforge_core import Device, Tensor, backend_on, beside, device_of, ops, to_device, to_host
from azuraforge_core.backend.select import cpu_backend, gpu_backend
from azuraforge_core.device_double import CupyDouble, ImplicitTransfer, WrapsSilently, pretend_gpu
from azuraforge_core.errors import DeviceMixed, IndexOutOfRange


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[CupyDouble]:
    monkeypatch.setenv("AZURAFORGE_KERNELS", "numpy")
    with pretend_gpu() as found:
        yield found


def on_device(double: CupyDouble, *shape: int) -> Tensor:
    return Tensor(double.asarray(np.arange(np.prod(shape), dtype=np.float32).reshape(shape)), requires_grad=True)


def test_an_array_moves_there_and_back(double: CupyDouble) -> None:
    host = np.ones(3, np.float32)
    there = to_device(host, Device.GPU)
    assert (device_of(there), device_of(host)) == (Device.GPU, Device.CPU)
    assert to_device(there, Device.GPU) is there
    assert beside(there, there) is there
    assert to_host(host) is to_device(host, Device.CPU) is beside(host, host) is host
    assert to_device(there, Device.CPU).tolist() == beside(host, there).tolist() == to_host(there).tolist() == [1.0] * 3
    assert (double.syncs, double.uploads) == (3, 1)


def test_each_device_has_its_backend(double: CupyDouble) -> None:
    assert backend_on(Device.CPU) is cpu_backend()
    assert backend_on(Device.GPU) is gpu_backend()
    assert backend_on(Device.GPU).xp is double  # type: ignore[comparison-overlap]


@pytest.mark.parametrize(
    "index", [np.array([0, 3]), np.array([-4, 0]), (slice(None), np.array([2])), (0, np.array([5]))]
)
def test_an_index_outside_is_refused_before_the_device_could_wrap_it(double: CupyDouble, index: object) -> None:
    with pytest.raises(IndexOutOfRange, match=r"getitem: index"):
        on_device(double, 3, 2)[index]
    assert double.syncs == 0


@pytest.mark.parametrize(
    "index",
    [np.array([2, 0]), (slice(1, None), np.array([1, -1])), np.array([True, False, True]), (..., np.array([[1]]))],
)
def test_arrays_of_the_host_index_a_tensor_of_the_device(double: CupyDouble, index: object) -> None:
    x = on_device(double, 3, 2)
    y = x[index]
    y.backward(double.ones(y.shape, dtype="float32"))
    expected = np.zeros((3, 2), np.float32)
    np.add.at(expected, index, 1.0)
    assert double.syncs == 0
    np.testing.assert_array_equal(y.numpy(), np.arange(6, dtype=np.float32).reshape(3, 2)[index])
    np.testing.assert_array_equal(to_host(x.grad), expected)


def test_labels_and_rows_on_the_device_are_fetched_to_be_checked(double: CupyDouble) -> None:
    x, rows = on_device(double, 3, 2), Tensor(double.asarray(np.array([0, 3])))
    for call in (lambda: ops.take(x, rows), lambda: x[rows], lambda: ops.embedding(rows, x)):
        with pytest.raises(IndexOutOfRange):
            call()
    assert double.syncs == 3


@pytest.mark.parametrize("labels", [[0, 2, 2], [0, -1, 1]])
def test_a_label_that_is_no_class_is_refused_on_the_host(double: CupyDouble, labels: list[int]) -> None:
    with pytest.raises(IndexOutOfRange, match=r"cross_entropy: index (2|-1) is outside of 0\.\.1"):
        ops.cross_entropy(on_device(double, 3, 2), np.array(labels))
    assert double.syncs == 0


def test_a_target_that_is_no_probability_makes_the_loss_nan_where_looking_would_wait(double: CupyDouble) -> None:
    logits = on_device(double, 3)
    good, bad = (Tensor(double.asarray(np.array(t, np.float32))) for t in ([0, 1, 0.5], [0, 1.5, 0.5]))
    losses = ops.binary_cross_entropy(logits, good), ops.binary_cross_entropy(logits, bad)
    assert double.syncs == 0
    assert np.isfinite(losses[0].item())
    assert np.isnan(losses[1].item())


def test_two_devices_in_one_op_or_one_backward_are_refused(double: CupyDouble) -> None:
    x = on_device(double, 3)
    with pytest.raises(DeviceMixed):
        ops.multiply(x, np.ones(3, np.float32))
    with pytest.raises(DeviceMixed, match=r"the gradient is not on gpu"):
        x.backward(np.ones(3, np.float32))
    with pytest.raises(DeviceMixed, match=r"the gradient is not on cpu"):
        Tensor(np.ones(3, np.float32), requires_grad=True).backward(x.data)


def test_the_double_refuses_what_cupy_would_do_in_silence(double: CupyDouble) -> None:
    x, host = on_device(double, 3).data, np.ones(3, np.float32)
    for careless in (
        lambda: x + host,
        lambda: host + x,
        lambda: np.asarray(x),
        lambda: np.sum(x),
        lambda: np.exp(x),
        lambda: double.add(x, host),
        lambda: x[np.array([0])],
        lambda: x[[0]],
        lambda: x.__setitem__(0, host),
        lambda: x.__iadd__(host),
        lambda: double.concatenate([x, host]),
    ):
        with pytest.raises(ImplicitTransfer):
            careless()
    with pytest.raises(WrapsSilently):
        x[double.asarray(np.array([3]))]
    with pytest.raises(TypeError, match=r"knows no 'initial'"):
        x.max(initial=0.0)  # type: ignore[call-overload]
    assert double.syncs == 0


def test_the_double_computes_as_numpy_does_and_counts_who_waits(double: CupyDouble) -> None:
    x = on_device(double, 2, 3).data
    assert (2 * x - 1 < x).get().tolist() == [[True, False, False], [False, False, False]]
    assert (np.float32(2) * x).get()[1, 2] == 10
    assert float(x.sum()) == 15.0
    assert bool((x >= 0).all())
    assert int(x[1, 2]) == 5
    assert [row.shape for row in x] == [(3,), (3,)]
    assert double.syncs == 5
