"""Flatten, Reshape and transposes: the numbers stay, their places change."""

from __future__ import annotations

import math

import numpy as np

from azuraforge_core import Array
from azuraforge_learner.layers import Flatten, Reshape
from azuraforge_learner.layers.spec import Shape
from azuraforge_learner.onnx.orders import Order, natural, stored
from azuraforge_learner.onnx.reading import Found, Page, Step
from azuraforge_learner.onnx.writer import Value, Writer


def write_flatten(out: Writer, layer: Flatten, x: Value) -> Value:
    """Flatten of everything after the batch, in our order."""
    shape = layer.spec.shape_of({}, x.shape)
    return Value(out.apply("Flatten", out.naturally(x).name, axis=1), shape, natural(2))


def write_reshape(out: Writer, layer: Reshape, x: Value) -> Value:
    """Reshape to fixed lengths; 0 stands for the batch as it comes."""
    shape = layer.spec.shape_of(layer.settings(), x.shape)
    wanted = out.integers("shape", 0, *shape)
    return Value(out.apply("Reshape", out.naturally(x).name, wanted), shape, natural(len(shape) + 1))


def read_transpose(page: Page) -> Step:
    """Another order of axes: no layer, for ours know only one."""
    page.only_known(perm=None)
    if page.x.spread is not None:
        page.refuse("it turns features of a flattened image about")
    turned: Order = page.attribute("perm", tuple(range(page.x.rank))[::-1])
    if sorted(turned) != list(range(page.x.rank)):
        page.refuse(f"its perm {turned} does not fit {page.x.rank} axes")
    order = tuple(page.x.order[place] for place in turned)
    return page.answer(shape=page.x.shape, order=order)


def read_flatten(page: Page) -> Step:
    """Flatten after the batch; an image stored channels first is remembered as such."""
    page.only_known(axis=None)
    if page.attribute("axis", 1) != 1:
        page.refuse("ours leaves the batch alone: supported is axis = 1")
    return _flattened(page)


def read_reshape(page: Page) -> Step:
    """Reshape that leaves the batch alone."""
    page.only_known(allowzero=0)
    wanted = page.integers(1, "shape")
    if len(wanted) < 2 or wanted.count(-1) > 1 or min(wanted) < -1:
        page.refuse(f"ours leaves the batch alone and lays out the rest: its shape is {wanted[:8]}")
    known, size = page.x.shape, math.prod(page.x.shape)
    if -1 in known:
        page.refuse(f"ours needs a fixed length on every axis, not {known}")
    rest = _rest(page, wanted[1:], size=size)
    if math.prod(rest) != size or (wanted[0] > 0 and -1 not in wanted):
        page.refuse(f"it lays {known} out as {wanted}; supported is a first length of 0 or -1, for the batch")
    if len(rest) == 1:
        return _flattened(page)
    page.need_natural()
    return page.answer(Found("Reshape", {"shape": rest}), shape=rest, order=natural(len(rest) + 1))


def _rest(page: Page, wanted: list[int], *, size: int) -> Shape:
    lengths = [page.x.shape[i] if length == 0 and i < len(page.x.shape) else length for i, length in enumerate(wanted)]
    known = math.prod(length for length in lengths if length != -1)
    if known < 1 or size % known:
        page.refuse(f"it cannot lay out {size} numbers as {wanted}")
    return tuple(size // known if length == -1 else length for length in lengths)


def _flattened(page: Page) -> Step:
    x = page.x
    if x.order[0] != 0 or x.spread is not None or -1 in x.shape:
        page.refuse(
            f"it flattens axes in the order {x.order}, lengths {x.shape}; ours needs the batch first and fixed ones"
        )
    shape = (math.prod(x.shape),)
    spread = None if x.order == natural(x.rank) else _spread(x.order, x.shape)
    return page.answer(Found("Flatten"), shape=shape, order=natural(2), spread=spread)


def _spread(order: Order, shape: Shape) -> Array | None:
    """Where in the file's flat row each of ours stands."""
    places = np.arange(math.prod(shape)).reshape(stored(order, shape, batch=1))
    ours: Array = places.transpose(np.argsort(order)).reshape(-1)
    return None if np.array_equal(ours, np.arange(len(ours))) else ours
