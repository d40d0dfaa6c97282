"""Truncated back-propagation through time: learning from sequences that are too long to differentiate whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from azuraforge_core import Array, Tensor
from azuraforge_core.errors import ShapeError
from azuraforge_learner.errors import DataInvalid
from azuraforge_learner.layers.sequence import State, detached
from azuraforge_learner.losses import Loss

Reader: TypeAlias = Callable[[Tensor, State | None], tuple[Tensor, State]]
"""From steps `(n, time, ...)` and the state before them (None: zeros) to an answer per step and the state after."""


def truncated_backward(
    reader: Reader, x: Array, target: Array, *, loss: Loss, steps: int, state: State | None = None
) -> tuple[float, State]:
    """Add the gradients of the mean loss over `x (n, time, ...)`, cut off every `steps` steps (Williams & Peng 1990).

    Each window of `steps` is read from the state that the one before it left, so the answers are those of the whole
    sequence; gradients do not flow back across a cut, and the tape never holds more than one window. `target
    (n, time, ...)` has one value per step. The state after the last step is the second answer: give it back with the
    next piece of the same sequences.

    ```python
    recurrent, head = LSTM(3, 32, return_sequences=True, generator=g), Linear(32, 1, generator=g)

    def reader(part, state):
        answer, state = recurrent.read(part, state=state)
        return head(answer), state

    state = None
    for x, target in pieces_in_order:
        optimizer.zero_grad()
        mean, state = truncated_backward(reader, x, target, loss=MSE(), steps=50, state=state)
        optimizer.step()
    ```

    Raises:
        DataInvalid: `steps` is below 1.
        ShapeError: `x` and `target` are not of the same samples and steps, or there is no step.
    """
    if steps < 1:
        raise DataInvalid(f"a window needs at least one step, not {steps}")
    if x.ndim < 2 or x.shape[:2] != target.shape[:2] or not x.shape[1]:
        raise ShapeError(
            f"truncated_backward: x {x.shape} and target {target.shape}; needed are (n, time, ...) with time above 0"
        )
    time = x.shape[1]
    mean: Array | float = 0.0
    after: State = ()
    for start in range(0, time, steps):
        part, wanted = x[:, start : start + steps], target[:, start : start + steps]
        answer, reached = reader(Tensor(part), state if start == 0 else after)
        after = detached(reached)
        window_loss = loss(answer, Tensor(wanted)) * (part.shape[1] / time)
        window_loss.backward()
        mean = mean + window_loss.data.astype("float64")  # read once, for on a GPU the host waits for it
    return float(mean), after
