"""Learner: the object that runs the training loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from azuraforge_core import Array, Device, Generator, Tensor, to_host
from azuraforge_core.backend.select import as_array
from azuraforge_learner.callbacks import Callback, FiniteGuard, History
from azuraforge_learner.errors import CheckpointMismatch, DataInvalid, OptimizerInvalid
from azuraforge_learner.inference import in_use, predict
from azuraforge_learner.layers import Layer
from azuraforge_learner.loader import DataLoader
from azuraforge_learner.loss_meter import NOTHING, LossMeter, Reading
from azuraforge_learner.losses import Loss
from azuraforge_learner.optimizers import Optimizer
from azuraforge_learner.schedules import Schedule
from azuraforge_learner.training import TrainingState

Metric = Callable[[Array, Array], float]
"""From predictions and actual values of a whole split, both `(n, ...)`, to one number."""


class Learner:
    """Trains a model, deterministically for a given seed, machine and number of threads.

    A batch is `(x, target)`. With `accumulation` k it is read in k parts one by one, whose gradients add up to those
    of the whole batch before its one update: the memory of a part, the mathematics of the batch, for losses that
    are plain means and layers that do not look across samples. It trains on the device that the model is on and
    brings batches there. `metrics` are computed on validation data and by
    `evaluate`. Random layers and a shuffled loader without a source of their own get one from `seed`. See
    `azuraforge_learner.training` for what the attributes mean.

    Raises:
        OptimizerInvalid: the optimizer holds a parameter that the model does not have.
    """

    report_every: int = 20
    """On a GPU the losses are read once in so many batches and after an epoch's last; on the CPU after each."""

    def __init__(
        self,
        model: Layer,
        *,
        loss: Loss,
        optimizer: Optimizer,
        callbacks: Sequence[Callback] = (),
        metrics: Mapping[str, Metric] | None = None,
        schedule: Schedule | None = None,
        clip_norm: float | None = None,
        accumulation: int = 1,
        seed: int = 0,
    ) -> None:
        _expect_same_parameters(model, optimizer)
        if accumulation < 1:
            raise DataInvalid(f"a batch is read in at least one part, not {accumulation}")
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.schedule = schedule
        self.clip_norm = clip_norm
        self.accumulation = accumulation
        self.seed = seed
        self.metric_functions = dict(metrics or {})
        self.callbacks = _with_defaults(callbacks)
        self.history = next(callback for callback in self.callbacks if isinstance(callback, History))
        self.epoch = self.epochs = self.batch = self.batches = self.step = self.samples = 0
        self.metrics: dict[str, float] = {}
        self.reading: Reading = NOTHING
        self.is_just_read = False
        self._meter = LossMeter()
        self._is_epoch_done = True
        self._stop_reason: str | None = None
        self._finish_reason: str | None = None
        self._saved_loader: Mapping[str, Any] | None = None
        self._is_resumed = False
        model.give_generators(Generator(seed))

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to train."""
        return self._is_epoch_done and (self._finish_reason is not None or self.epoch >= self.epochs)

    @property
    def batch_loss(self) -> float:
        """Loss of the last batch whose loss was read."""
        return self.reading.batch_loss

    @property
    def stop_reason(self) -> str | None:
        """Why the last `fit` was interrupted, if it was."""
        return self._stop_reason

    @property
    def finish_reason(self) -> str | None:
        """Why training ended before its last epoch, if a callback said so."""
        return self._finish_reason

    def stop(self, reason: str) -> None:
        """Interrupt `fit` after the current batch; a checkpoint then continues at the next one."""
        self._stop_reason = reason

    def finish(self, reason: str) -> None:
        """Make this epoch the last one; the training counts as finished."""
        self._finish_reason = reason

    def fit(self, train: DataLoader, *, validation: DataLoader | None = None, epochs: int) -> History:
        """Train until `epochs` are done in all, counting those before a checkpoint or an earlier `fit`.

        Raises:
            Diverged: the loss or a parameter is no longer finite.
            CheckpointMismatch: a checkpoint was loaded that was made with other data or another order.
        """
        self._begin(train, epochs=epochs)
        self._notify("on_train_begin")
        while self._stop_reason is None and not self.is_finished:
            self._run_epoch(train, validation=validation)
        self._notify("on_train_end")
        return self.history

    def evaluate(self, loader: DataLoader) -> dict[str, float]:
        """`loss` and every metric over the whole loader, without dropout and without a tape."""
        loss_sum, predictions, targets = 0.0, [], []
        with in_use(self.model):
            for x, target in loader.in_order():
                prediction = self.model(self._placed(x))
                loss_sum += float(self.loss(prediction, self._placed(target)).item()) * len(target)
                predictions.append(to_host(prediction.data))
                targets.append(target)
        predicted, actual = np.concatenate(predictions), np.concatenate(targets)
        values = {name: float(metric(predicted, actual)) for name, metric in self.metric_functions.items()}
        return {"loss": loss_sum / len(actual), **values}

    def predict(self, x: Array, *, batch_size: int = 256) -> Array:
        """Answers for `x (n, ...)`, without dropout and without a tape.

        Raises:
            DataInvalid: `x` has no sample.
        """
        return predict(self.model, x, batch_size=batch_size)

    def capture(self) -> TrainingState:
        """Everything needed to continue after the last update."""
        keyed = self._keyed_callbacks()
        if not self.is_just_read and self.batch:  # stopped between two readings
            self._read_losses()
        document = {
            "position": {"epoch": self.epoch, "batch": self.batch, "is_epoch_done": self._is_epoch_done},
            "epochs": self.epochs,
            "step": self.step,
            "samples": self.samples,
            "loss_sum": self.reading.loss_sum,
            "metrics": self.metrics,
            "finish_reason": self._finish_reason,
            "seed": self.seed,
            "loader": self._saved_loader,
            "optimizer": self.optimizer.state(),
            "generators": {name: generator.state() for name, generator in self.model.generators().items()},
            "callbacks": {key: callback.state() for key, callback in keyed.items()},
        }
        arrays = {f"{key}/{name}": array for key, item in keyed.items() for name, array in item.arrays().items()}
        return TrainingState(
            epoch=self.epoch,
            step=self.step,
            document=document,
            model=self.model.arrays(),
            optimizer=self.optimizer.moments,
            callbacks=arrays,
        )

    def restore(self, state: TrainingState) -> None:
        """Become the training that was captured; the next `fit` goes on at the batch after it.

        Raises:
            CheckpointMismatch: the model, optimizer, seed or callbacks are not those of the captured one.
        """
        document = state.document
        generators = self.model.generators()
        if document["seed"] != self.seed or document["generators"].keys() != generators.keys():
            raise CheckpointMismatch("the checkpoint was made with another seed or other random layers")
        receivers = self._receivers(document["callbacks"])
        self.model.load_arrays(state.model)
        self.optimizer.load_state(document["optimizer"], state.optimizer)
        for name, generator in generators.items():
            generator.load_state(document["generators"][name])
        for key, callback in receivers.items():
            arrays = {n.removeprefix(f"{key}/"): a for n, a in state.callbacks.items() if n.startswith(f"{key}/")}
            callback.load_state(document["callbacks"][key], arrays)
        position = document["position"]
        self.epoch, self.batch = int(position["epoch"]), int(position["batch"])
        self._is_epoch_done = bool(position["is_epoch_done"])
        self.epochs, self.step, self.samples = (int(document[name]) for name in ("epochs", "step", "samples"))
        loss_sum, self.metrics = float(document["loss_sum"]), dict(document["metrics"])
        self.reading, self.is_just_read = NOTHING._replace(loss_sum=loss_sum), True
        self._meter.start(loss_sum)
        self._finish_reason, self._saved_loader = document["finish_reason"], document["loader"]
        self._is_resumed = True

    def _begin(self, train: DataLoader, *, epochs: int) -> None:
        if epochs < 1:
            raise DataInvalid(f"a training needs at least one epoch, not {epochs}")
        if train.is_shuffled and train.seed is None:
            train.seed = self.seed
        if self._saved_loader is not None and (self._is_resumed or not self._is_epoch_done):
            train.expect_identity(self._saved_loader)
        self._saved_loader = train.identity()
        self._stop_reason, self._is_resumed = None, False
        self.epochs, self.batches = epochs, len(train)

    def _run_epoch(self, train: DataLoader, *, validation: DataLoader | None) -> None:
        if self._is_epoch_done:
            self.epoch, self.batch, self.samples = self.epoch + 1, 0, 0
            self.metrics, self._is_epoch_done = {}, False
            self._meter.start(0.0)
        if self.batch == 0:
            self._notify("on_epoch_begin")
        self.model.train()
        train.seek(epoch=self.epoch, batch=self.batch)
        for x, target in train:
            self._notify("on_batch_begin")
            self._train_batch(x, target)
            self._notify("on_batch_end")
            if self._stop_reason is not None:
                return
        if validation is not None:
            values = self.evaluate(validation)
            self.metrics |= {f"validation_{name}": value for name, value in values.items()}
            self._notify("on_validation_end")
        self._is_epoch_done = True
        self._notify("on_epoch_end")

    def _train_batch(self, x: Array, target: Array) -> None:
        if self.schedule is not None:
            self.optimizer.scale_learning_rate(self.schedule.factor(self.step, total=self.epochs * self.batches))
        self.optimizer.zero_grad()
        loss = self._differentiate(x, target)
        if self.clip_norm is not None:
            self.optimizer.clip_gradients(self.clip_norm)
        self.optimizer.step()
        self.batch += 1
        self.step += 1
        self.samples += len(target)
        self._meter.add(loss, samples=len(target), batch=self.batch)
        is_free = self.optimizer.flat.device is Device.CPU
        self.is_just_read = is_free or self.batch % self.report_every == 0 or self.batch == self.batches
        if self.is_just_read:
            self._read_losses()

    def _read_losses(self) -> None:
        self.reading = self._meter.read(self.optimizer.flat.values)
        self.metrics["loss"] = self.reading.loss_sum / self.samples

    def _placed(self, array: Array) -> Tensor:
        return Tensor(self.model.place(array))

    def _differentiate(self, x: Array, target: Array) -> Array:
        """Leave the gradients of the batch's mean loss in the parameters; the answer is that loss, in float64."""
        mean: Array | float = 0.0
        for part, wanted in _in_parts(x, target, count=self.accumulation):
            loss = self.loss(self.model(self._placed(part)), self._placed(wanted))
            share = len(wanted) / len(target)
            (loss if share == 1.0 else loss * share).backward()
            mean = loss.data.astype("float64") * share + mean
        return as_array(mean)

    def _notify(self, moment: str) -> None:
        for callback in self.callbacks:
            getattr(callback, moment)(self)

    def _keyed_callbacks(self) -> dict[str, Callback]:
        keyed: dict[str, Callback] = {}
        for callback in self.callbacks:
            name = type(callback).__name__
            count = sum(key.partition("#")[0] == name for key in keyed)
            keyed[f"{name}#{count + 1}"] = callback
        return keyed

    def _receivers(self, saved: Mapping[str, Any]) -> dict[str, Callback]:
        keyed = self._keyed_callbacks()
        if missing := [key for key, state in saved.items() if state and key not in keyed]:
            raise CheckpointMismatch(
                f"the checkpoint holds the state of {missing[0]}, which this Learner does not have"
            )
        return {key: callback for key, callback in keyed.items() if key in saved}


def _in_parts(x: Array, target: Array, *, count: int) -> Iterator[tuple[Array, Array]]:
    """`count` parts of nearly one length, fewer where there are not so many samples."""
    ends = [len(target) * k // count for k in range(count + 1)]
    for start, stop in pairwise(ends):
        if stop > start:
            yield x[start:stop], target[start:stop]


def _with_defaults(callbacks: Sequence[Callback]) -> tuple[Callback, ...]:
    added = [kind() for kind in (FiniteGuard, History) if not any(isinstance(item, kind) for item in callbacks)]
    return tuple(sorted([*added, *callbacks], key=lambda callback: callback.order))


def _expect_same_parameters(model: Layer, optimizer: Optimizer) -> None:
    known = {id(parameter) for parameter in model.parameters().values()}
    if not all(id(parameter) in known for parameter in optimizer.flat.parameters):
        raise OptimizerInvalid("the optimizer holds a parameter that is not the model's: make it from this model")
