"""JSON merge patches (RFC 7396): what a fork changes of its parent's config."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def merge_patch(target: Any, patch: Any) -> Any:
    """`target` with what `patch` says: members replaced, added, or taken away by null. Neither is changed."""
    if not isinstance(patch, Mapping):
        return patch
    kept = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = merge_patch(kept.get(name), value)
    return kept
