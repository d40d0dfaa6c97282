"""Losses are added up where they are, and the first that is no number is remembered until somebody looks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from azuraforge_core import Device, to_device
from azuraforge_learner.loss_meter import LossMeter


def meter_of(losses: list[float], device: Device, *, start: float = 0.0) -> LossMeter:
    meter = LossMeter()
    meter.start(start)
    for k, loss in enumerate(losses):
        meter.add(to_device(np.array(loss), device), samples=k + 1, batch=k + 1)
    return meter


@pytest.mark.parametrize(
    ("losses", "bad"), [([], 0), ([0.5, 0.25, 0.1], 0), ([0.5, math.nan, 0.1, math.inf], 2), ([math.inf], 1)]
)
def test_both_devices_read_the_same(other_device: Any, losses: list[float], bad: int) -> None:
    values = np.array([1.0, 2.5], np.float32)
    ours = meter_of(losses, Device.CPU, start=3.0).read(values)
    meter = meter_of(losses, Device.GPU, start=3.0)
    if other_device.double is not None:
        assert other_device.double.syncs == 0
    theirs = meter.read(to_device(values, Device.GPU))
    if other_device.double is not None:
        assert other_device.double.syncs == 1
    np.testing.assert_equal(tuple(theirs), tuple(ours))
    assert (ours.bad_batch, ours.parameter_sum) == (bad, 3.5)
    np.testing.assert_equal(ours.loss_sum, 3.0 + sum((k + 1) * loss for k, loss in enumerate(losses)))
    np.testing.assert_equal(ours.batch_loss, losses[-1] if losses else math.nan)
