"""Convolution and pooling over hundreds of random sizes and options, against PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from azuraforge_core import ops
from azuraforge_core.fused import Window
from azuraforge_core.testing import random_tensor

PAIR = st.tuples(st.integers(1, 3), st.integers(1, 3))
RELAXED = [HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much]


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, tuple[int, int]]:
    window = Window(
        kernel=draw(PAIR),
        stride=draw(PAIR),
        padding=draw(st.tuples(st.integers(0, 2), st.integers(0, 2))),
        dilation=draw(PAIR),
        groups=draw(st.integers(1, 3)),
    )
    space = draw(st.tuples(st.integers(1, 8), st.integers(1, 8)))
    assume(all(count >= 1 for count in window.places(space)))
    return window, space


def convolution(window: Window, space: tuple[int, int], torch: ModuleType, against_torch: Callable[..., None]) -> None:
    options: dict[str, Any] = {
        "stride": window.stride,
        "padding": window.padding,
        "dilation": window.dilation,
        "groups": window.groups,
    }
    channels, outputs = 2 * window.groups, window.groups

    def theirs(x: Any, w: Any) -> Any:
        return torch.nn.functional.conv2d(x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1).contiguous(), **options).permute(
            0, 2, 3, 1
        )

    arrays = [random_tensor((2, *space, channels)).data, random_tensor((*window.kernel, 2, outputs), seed=1).data]
    against_torch(lambda x, w: ops.conv2d(x, w, **options), theirs, arrays)


def pooling(window: Window, space: tuple[int, int], torch: ModuleType, against_torch: Callable[..., None]) -> None:
    options: dict[str, Any] = {"stride": window.stride, "padding": tuple(k // 2 for k in window.kernel)}
    assume(all(s + 2 * p >= k for s, p, k in zip(space, options["padding"], window.kernel, strict=True)))
    for ours, name in ((ops.max_pool2d, "max_pool2d"), (ops.average_pool2d, "avg_pool2d")):
        theirs = getattr(torch.nn.functional, name)
        against_torch(
            lambda x, ours=ours: ours(x, window.kernel, **options),
            lambda x, theirs=theirs: theirs(x.permute(0, 3, 1, 2), window.kernel, **options).permute(0, 2, 3, 1),
            [random_tensor((2, *space, 3)).data.round(1)],
        )


@pytest.mark.oracle
@settings(max_examples=25, deadline=None, suppress_health_check=RELAXED)
@given(drawn=windows())
def test_random_windows_agree_with_pytorch(
    drawn: tuple[Window, tuple[int, int]], torch: ModuleType, against_torch: Callable[..., None]
) -> None:
    convolution(*drawn, torch, against_torch)
    pooling(*drawn, torch, against_torch)


@pytest.mark.oracle
@pytest.mark.slow
@settings(max_examples=400, deadline=None, suppress_health_check=RELAXED)
@given(drawn=windows())
def test_hundreds_of_random_windows_agree_with_pytorch(
    drawn: tuple[Window, tuple[int, int]], torch: ModuleType, against_torch: Callable[..., None]
) -> None:
    convolution(*drawn, torch, against_torch)
    pooling(*drawn, torch, against_torch)
