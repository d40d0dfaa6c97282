"""Optimizers: equal to PyTorch over 100 steps, over one aligned buffer, and strict about what they are given."""

from typing import Any

import numpy as np
import pytest

from azuraforge_core import Device, Generator, Tensor, ops, to_device, to_host
from azuraforge_learner import SGD, Adam, AdamW, Lion, Optimizer, ParameterGroup, RMSprop
from azuraforge_learner.errors import CheckpointMismatch, GradientsMissing, OptimizerInvalid
from azuraforge_learner.layers import Linear, Parameter, ReLU, Sequential

SHAPES = [(3, 5), (5,), (7, 1), ()]


def make_parameters(dtype: str = "float64", *, seed: int = 0) -> list[Parameter]:
    g = Generator(seed)
    return [Parameter(np.asarray(g.normal(shape, dtype=np.float64), dtype=dtype)) for shape in SHAPES]


def set_gradients(parameters: list[Parameter], *, step: int) -> list[np.ndarray]:
    """Gradients that depend on the value, so that an error grows from step to step."""
    noise = Generator(100 + step)
    gradients = [np.asarray(0.3 * p.data + noise.normal(p.shape, dtype=p.dtype), dtype=p.dtype) for p in parameters]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    return gradients


CASES = {
    "Adam": (lambda p: Adam(p, learning_rate=0.01), lambda t, p: t.optim.Adam(p, lr=0.01)),
    "Adam, other betas and decay": (
        lambda p: Adam(p, learning_rate=0.02, betas=(0.8, 0.95), epsilon=1e-6, weight_decay=0.1),
        lambda t, p: t.optim.Adam(p, lr=0.02, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1),
    ),
    "AdamW": (lambda p: AdamW(p, learning_rate=0.01), lambda t, p: t.optim.AdamW(p, lr=0.01)),
    "RMSprop": (RMSprop, lambda t, p: t.optim.RMSprop(p)),
    "RMSprop with momentum and decay": (
        lambda p: RMSprop(p, learning_rate=0.02, smoothing=0.9, epsilon=1e-6, momentum=0.8, weight_decay=0.1),
        lambda t, p: t.optim.RMSprop(p, lr=0.02, alpha=0.9, eps=1e-6, momentum=0.8, weight_decay=0.1),
    ),
    "SGD": (lambda p: SGD(p, learning_rate=0.01), lambda t, p: t.optim.SGD(p, lr=0.01)),
    "SGD with momentum": (
        lambda p: SGD(p, learning_rate=0.01, momentum=0.9, weight_decay=0.05),
        lambda t, p: t.optim.SGD(p, lr=0.01, momentum=0.9, weight_decay=0.05),
    ),
    "SGD with Nesterov": (
        lambda p: SGD(p, learning_rate=0.01, momentum=0.9, is_nesterov=True),
        lambda t, p: t.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    ),
}


@pytest.mark.oracle
@pytest.mark.parametrize("name", list(CASES))
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-5)])
def test_equals_torch_over_100_steps(torch: object, name: str, dtype: str, tolerance: float) -> None:
    make_ours, make_theirs = CASES[name]
    ours = make_parameters(dtype)
    theirs = [torch.tensor(p.data.copy(), requires_grad=True) for p in ours]  # type: ignore[attr-defined]
    our_optimizer, their_optimizer = make_ours(ours), make_theirs(torch, theirs)
    for step in range(100):
        for parameter, gradient in zip(theirs, set_gradients(ours, step=step), strict=True):
            parameter.grad = torch.tensor(gradient.copy())  # type: ignore[attr-defined]
        our_optimizer.step()
        their_optimizer.step()
    for mine, peer in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.data, peer.detach().numpy(), rtol=0, atol=tolerance)


@pytest.mark.parametrize("betas", [(0.9, 0.99), (0.5, 0.8)])
@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_lion_equals_its_paper_over_100_steps(dtype: str, decay: float, betas: tuple[float, float]) -> None:
    """PyTorch has no Lion; this is algorithm 2 of Chen 2023, line by line."""
    ours, rate = make_parameters(dtype), 0.01
    values, moments = [p.data.copy() for p in ours], [np.zeros_like(p.data) for p in ours]
    optimizer = Lion(ours, learning_rate=rate, betas=betas, weight_decay=decay)
    for step in range(100):
        for k, gradient in enumerate(set_gradients(ours, step=step)):
            direction = np.sign(betas[0] * moments[k] + (1 - betas[0]) * gradient)
            values[k] = values[k] - rate * (direction + decay * values[k])
            moments[k] = betas[1] * moments[k] + (1 - betas[1]) * gradient
        optimizer.step()
    for mine, expected in zip(ours, values, strict=True):
        np.testing.assert_allclose(mine.data, expected, rtol=0, atol=1e-12 if dtype == "float64" else 2e-5)


def test_lion_that_mixes_with_the_wrong_beta_would_be_noticed() -> None:
    """With β₁ = 0 only the last gradient's sign counts, whatever came before; with β₁ near 1 what came before wins."""
    parameter = Parameter(np.zeros(1))
    eager = Lion([parameter], learning_rate=1.0, betas=(0.0, 0.99))
    for gradient in (5.0, -1.0):
        parameter.grad = np.array([gradient])
        eager.step()
    assert parameter.data.tolist() == [0.0]
    steady = Lion([parameter], learning_rate=1.0, betas=(0.99, 0.5))
    for gradient in (5.0, -1.0):
        parameter.grad = np.array([gradient])
        steady.step()
    assert parameter.data.tolist() == [-2.0]


@pytest.mark.oracle
def test_clipping_equals_torch(torch: object) -> None:
    ours = make_parameters()
    theirs = [torch.tensor(p.data.copy()) for p in ours]  # type: ignore[attr-defined]
    for parameter, gradient in zip(theirs, set_gradients(ours, step=0), strict=True):
        parameter.grad = torch.tensor(gradient.copy())  # type: ignore[attr-defined]
    norm = SGD(ours, learning_rate=0.1).clip_gradients(0.7)
    peer_norm = torch.nn.utils.clip_grad_norm_(theirs, 0.7)  # type: ignore[attr-defined]
    assert norm == pytest.approx(float(peer_norm), rel=1e-12)
    for mine, peer in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine.grad, peer.grad.numpy(), rtol=1e-5)


def test_adam_without_bias_correction_would_be_noticed() -> None:
    """The first step of a bias-corrected Adam has the size of the learning rate whatever the gradient's size."""
    for size in (1e-4, 1.0, 1e4):
        parameter = Parameter(np.zeros(3))
        optimizer = Adam([parameter], learning_rate=0.1)
        parameter.grad = np.full(3, size)
        optimizer.step()
        np.testing.assert_allclose(parameter.data, -0.1, rtol=1e-3)


def test_clipping_leaves_small_gradients_and_does_not_hide_infinite_ones() -> None:
    parameter = Parameter(np.zeros(2))
    optimizer = SGD([parameter], learning_rate=0.1)
    parameter.grad = np.array([0.3, 0.4])
    assert optimizer.clip_gradients(1.0) == pytest.approx(0.5)
    assert parameter.grad.tolist() == [0.3, 0.4]
    parameter.grad = np.array([np.inf, 0.4])
    assert optimizer.clip_gradients(1.0) == np.inf
    assert parameter.grad.tolist() == [np.inf, 0.4]


def test_parameters_become_aligned_views_of_one_buffer() -> None:
    parameters = make_parameters("float32")
    before = [p.data.copy() for p in parameters]
    flat = SGD(parameters, learning_rate=0.1).flat
    for parameter, old in zip(parameters, before, strict=True):
        assert np.array_equal(parameter.data, old)
        assert np.shares_memory(parameter.data, flat.values)
        assert parameter.data.ctypes.data % 64 == 0


@pytest.mark.parametrize("kind", [AdamW, Lion, RMSprop])
def test_gaps_between_parameters_stay_zero(kind: type[AdamW] | type[Lion] | type[RMSprop]) -> None:
    parameters = make_parameters("float32")
    optimizer = kind(parameters, learning_rate=0.1)
    for step in range(5):
        set_gradients(parameters, step=step)
        optimizer.step()
    assert np.count_nonzero(optimizer.flat.values) == sum(p.size for p in parameters)


def test_values_assigned_between_steps_count() -> None:
    parameter = Parameter(np.zeros(3))
    optimizer = SGD([parameter], learning_rate=1.0)
    parameter.data = np.full(3, 5.0)
    parameter.grad = np.ones(3)
    optimizer.step()
    assert parameter.data.tolist() == [4.0, 4.0, 4.0]


def test_a_step_tells_the_tape_that_parameters_changed() -> None:
    parameter = Parameter(np.ones(3))
    optimizer = SGD([parameter], learning_rate=1.0)
    loss = ops.sum(parameter * parameter)
    parameter.grad = np.ones(3)
    optimizer.step()
    with pytest.raises(Exception, match="changed"):
        loss.backward()


def test_parameters_without_a_gradient_do_not_move() -> None:
    used, unused = Parameter(np.ones(2)), Parameter(np.ones(2))
    optimizer = Adam([used, unused], learning_rate=0.1)
    used.grad = np.ones(2)
    optimizer.step()
    assert unused.data.tolist() == [1.0, 1.0]
    assert used.data[0] != 1.0


def test_groups_have_their_own_rates_and_decay() -> None:
    model = Sequential(Linear(2, 2, generator=Generator(0)), Linear(2, 1, generator=Generator(1)))
    first, second = (list(layer.parameters().values()) for layer in model.layers)
    slow = ParameterGroup(second, learning_rate=0.001, weight_decay=0.5)
    optimizer = SGD([ParameterGroup(first), slow], learning_rate=0.1)
    before = {name: array.copy() for name, array in model.arrays().items()}
    for parameter in model.parameters().values():
        parameter.grad = np.ones_like(parameter.data)
    optimizer.step()
    after = model.arrays()
    np.testing.assert_allclose(after["0.weight"], before["0.weight"] - 0.1, rtol=1e-5)
    np.testing.assert_allclose(after["1.weight"], before["1.weight"] * (1 - 0.0005) - 0.001, rtol=1e-5)


def test_schedules_keep_the_ratio_between_groups() -> None:
    a, b = Parameter(np.ones(1)), Parameter(np.ones(1))
    optimizer = SGD([ParameterGroup([a]), ParameterGroup([b], learning_rate=0.2)], learning_rate=0.1)
    optimizer.scale_learning_rate(0.5)
    optimizer.scale_learning_rate(0.5)
    assert [group.learning_rate for group in optimizer.groups] == [0.05, 0.1]


def test_a_parameter_given_twice_counts_once() -> None:
    parameter = Parameter(np.ones(2))
    optimizer = SGD([parameter, parameter], learning_rate=1.0)
    parameter.grad = np.ones(2)
    optimizer.step()
    assert parameter.data.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Adam([]), "no parameter to train"),
        (lambda: Adam(Sequential(ReLU())), "no parameter to train"),
        (lambda: SGD([ParameterGroup([])], learning_rate=0.1), "no parameter to train"),
        (lambda: Adam([Tensor(np.ones(2))]), "takes a layer, parameters"),
        (lambda: Adam([Parameter(np.ones(1)), Parameter(np.ones(1, np.float32))]), "one dtype"),
        (lambda: Adam([Parameter(np.ones(1))], learning_rate=0.0), "learning rate must be above zero"),
        (lambda: Adam([Parameter(np.ones(1))], learning_rate=float("nan")), "learning rate must be above zero"),
        (lambda: Adam([Parameter(np.ones(1))], betas=(0.9, 1.0)), "betas"),
        (lambda: Adam([Parameter(np.ones(1))], epsilon=0.0), "epsilon"),
        (lambda: AdamW([Parameter(np.ones(1))], weight_decay=-1.0), "weight decay"),
        (lambda: Lion([Parameter(np.ones(1))], betas=(1.0, 0.9)), "betas"),
        (lambda: RMSprop([Parameter(np.ones(1))], smoothing=1.0), "smoothing"),
        (lambda: RMSprop([Parameter(np.ones(1))], epsilon=0.0), "epsilon"),
        (lambda: RMSprop([Parameter(np.ones(1))], momentum=-0.1), "momentum"),
        (lambda: SGD([Parameter(np.ones(1))], learning_rate=0.1, momentum=1.0), "momentum"),
        (lambda: SGD([Parameter(np.ones(1))], learning_rate=0.1, is_nesterov=True), "Nesterov"),
    ],
)
def test_impossible_optimizers_are_refused(make: object, words: str) -> None:
    with pytest.raises(OptimizerInvalid, match=words):
        make()  # type: ignore[operator]


def test_a_step_before_backward_is_refused() -> None:
    optimizer = Adam([Parameter(np.ones(2))])
    with pytest.raises(GradientsMissing, match="backward"):
        optimizer.step()
    assert optimizer.steps == 0


@pytest.mark.parametrize("kind", [Adam, Lion, RMSprop])
def test_state_continues_bit_for_bit(kind: type[Adam] | type[Lion] | type[RMSprop]) -> None:
    straight, first = make_parameters("float32"), make_parameters("float32")
    optimizer, broken = kind(straight), kind(first)
    for step in range(4):
        set_gradients(straight, step=step)
        optimizer.step()
        if step < 2:
            set_gradients(first, step=step)
            broken.step()
    second = [Parameter(p.data.copy()) for p in first]
    resumed = kind(second)
    resumed.load_state(broken.state(), {name: row.copy() for name, row in broken.moments.items()})
    for step in range(2, 4):
        set_gradients(second, step=step)
        resumed.step()
    assert all(np.array_equal(a.data, b.data) for a, b in zip(straight, second, strict=True))


def test_another_first_rate_stays_and_is_scaled_as_the_other_was() -> None:
    def make(rate: float) -> Adam:
        return Adam([Parameter(np.ones(3, np.float32))], learning_rate=rate)

    captured, forked = make(0.1), make(0.01)
    captured.scale_learning_rate(0.5)
    forked.load_state(captured.state(), captured.moments)
    assert forked.learning_rate == pytest.approx(0.005)


@pytest.mark.parametrize(
    "other",
    [
        lambda: SGD(make_parameters(), learning_rate=0.1, momentum=0.9),
        lambda: AdamW(make_parameters()),
        lambda: Adam(make_parameters()[:2]),
        lambda: Adam(make_parameters("float32")),
        lambda: Adam([ParameterGroup([p]) for p in make_parameters()]),
    ],
)
def test_state_of_another_optimizer_is_refused(other: object) -> None:
    optimizer = Adam(make_parameters())
    stranger: Optimizer = other()  # type: ignore[operator]
    with pytest.raises(CheckpointMismatch):
        optimizer.load_state(stranger.state(), stranger.moments)


def trained(make: Any, device: Device) -> list[np.ndarray]:
    """Values and moments after some clipped steps on `device`, brought to the host."""
    parameters = make_parameters("float32")
    for parameter in parameters:
        parameter.data = to_device(parameter.data, device)
    optimizer = make(parameters)
    for step in range(4):
        noise = Generator(100 + step)
        for parameter in parameters:
            parameter.grad = to_device(np.asarray(noise.normal(parameter.shape), np.float32), device)
        optimizer.clip_gradients(3.0)
        optimizer.step()
        optimizer.zero_grad()
    return [to_host(array) for array in (optimizer.flat.values, *optimizer.moments.values())]


LION = {"Lion": (lambda p: Lion(p, learning_rate=0.01, weight_decay=0.1), None)}


@pytest.mark.parametrize("name", [*CASES, *LION])
def test_another_device_takes_the_same_steps_and_keeps_nobody_waiting(other_device: Any, name: str) -> None:
    make = (CASES | LION)[name][0]
    theirs, ours = trained(make, Device.GPU), trained(make, Device.CPU)
    if other_device.double is not None:
        assert other_device.double.syncs == len(theirs)  # what was read at the end
    for number, (found, wanted) in enumerate(zip(theirs, ours, strict=True)):
        other_device.compare(found, wanted, what=f"array {number}")


def test_a_state_of_one_device_continues_on_another(other_device: Any) -> None:
    model = Linear(3, 2, generator=Generator(0)).to(Device.GPU)
    optimizer = Adam(model)
    moments = {name: np.full(row.shape, 2.0, np.float32) for name, row in optimizer.moments.items()}
    optimizer.load_state(optimizer.state(), moments)
    assert all((to_host(row) == 2.0).all() for row in optimizer.moments.values())


def test_a_model_that_moves_after_its_optimizer_was_made_is_refused(other_device: Any) -> None:
    model = Linear(3, 2, generator=Generator(0))
    optimizer = SGD(model, learning_rate=0.1)
    model.to(Device.GPU)
    with pytest.raises(OptimizerInvalid, match=r"on gpu and the optimizer was made for cpu: move the model first"):
        optimizer.step()
