"""What this training runs with: whatever may decide whether it can be repeated bit for bit."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from azuraforge_contracts import Job, Machine, Provenance
from azuraforge_core import Device, DeviceChoice
from azuraforge_core.kernels.choice import choose_kernels
from azuraforge_learner.pipelines.base import Pipeline
from azuraforge_worker.cores import usable_cores
from azuraforge_worker.discovery import list_entry_points

CODE: Final = ("azuraforge-core", "azuraforge-learner")
LIBRARIES: Final = ("numpy", "numba", "llvmlite")
GPU_LIBRARIES: Final = ("cupy-cuda13x", "cupy-cuda12x")
VECTOR_SETS: Final = frozenset(
    {"asimd", "avx", "avx2", "avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl", "fma", "sse4_2", "sve", "sve2"}
)
CPU_INFO: Final = Path("/proc/cpuinfo")
IGNORED: Final = frozenset({"__pycache__"})


def find_provenance(job: Job, *, pipeline: type[Pipeline], seed: int | None, choice: DeviceChoice) -> Provenance:
    """Everything but the data, which only the pipeline knows."""
    app, app_version = _find_app(pipeline.name)
    libraries = (*LIBRARIES, *(GPU_LIBRARIES if choice.device is Device.GPU else ()))
    return Provenance(
        seed=seed,
        config_hash=job.config_hash,
        pipeline_version=pipeline.version,
        app=app,
        app_version=app_version,
        app_digest=hash_package(pipeline),
        code_version=" ".join(f"{name} {version(name)}" for name in CODE),
        versions={"python": platform.python_version()} | _find_versions(libraries),
        machine=read_machine(CPU_INFO),
        device=choice.device.value if choice.device is Device.CPU else choice.reason,
        threads=job.threads,
        kernels=_describe_kernels(os.environ),
    )


def hash_package(pipeline: type[Pipeline]) -> str:
    """sha256 over the files of the package that a pipeline is written in, installed or not."""
    module = sys.modules[pipeline.__module__.partition(".")[0]]
    if module.__file__ is None:  # a namespace, whose parts anybody may have added
        return ""
    digest = hashlib.sha256()
    for name, path in _list_files(Path(module.__file__)):
        with path.open("rb") as file:
            digest.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def read_machine(cpu_info: Path) -> Machine:
    """The processor, as far as the system says."""
    facts = _read_cpu_info(cpu_info)
    flags = (facts.get("flags") or facts.get("Features") or "").split()
    return Machine(
        cpu=facts.get("model name") or facts.get("Model") or platform.processor(),
        cores=usable_cores(),
        architecture=platform.machine(),
        instructions=sorted(VECTOR_SETS.intersection(flags)),
    )


def _read_cpu_info(path: Path) -> dict[str, str]:
    """The facts of the first processor."""
    facts: dict[str, str] = {}
    try:
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                name, is_fact, value = line.partition(":")
                if not is_fact and facts:
                    break
                facts[name.strip()] = value.strip()
    except OSError:
        return {}
    return facts


def _list_files(place: Path) -> Iterator[tuple[str, Path]]:
    if place.name != "__init__.py":
        yield place.name, place
        return
    folder = place.parent
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not IGNORED.intersection(path.parts):
            yield path.relative_to(folder).as_posix(), path


def _find_app(name: str) -> tuple[str, str]:
    for point in list_entry_points():
        if point.name == name and point.dist is not None:
            return point.dist.name, point.dist.version
    return "", ""


def _find_versions(names: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _describe_kernels(environ: Mapping[str, str]) -> str:
    lanes = environ.get("AZURAFORGE_SIMD_LANES", "").strip()
    kind = "native" if choose_kernels(environ).is_native else "numpy"
    return f"{kind}, {lanes} lanes" if lanes else kind
