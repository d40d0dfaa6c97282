"""What an experiment ran with: everything that may decide whether it can be repeated bit for bit."""

from __future__ import annotations

from pydantic import Field

from azuraforge_contracts.message import Message


class Machine(Message):
    """The computer that trained."""

    cpu: str = ""
    """Its model, as it calls itself."""
    cores: int = 0
    """Physical ones that the trainer may use."""
    architecture: str = ""
    instructions: list[str] = Field(default_factory=list)
    """Vector instruction sets, sorted."""


class Provenance(Message):
    """Stored when an experiment begins; of its newest attempt."""

    seed: int | None = None
    config_hash: str = ""
    data_hash: str = ""
    """As the pipeline reports it; empty until the data is read."""
    pipeline_version: str = ""
    app: str = ""
    app_version: str = ""
    app_digest: str = ""
    """sha256 over the files of the app's distribution."""
    code_version: str = ""
    """Of the engine and the learner."""
    versions: dict[str, str] = Field(default_factory=dict)
    machine: Machine = Machine()
    device: str = ""
    threads: int = 0
    kernels: str = ""
    """How the engine computes on the CPU: `compiled` with its lanes, or `numpy`."""
    weights_hash: str = ""
    """Of the final bundle's weights, as its results say; empty before the end."""
    changed: list[str] = Field(default_factory=list)
    """What was not the same in every attempt."""


class DataFound(Message):
    """Data of a trainer's `data` line: which data it trains on."""

    sha256: str = Field(max_length=128)
