"""`python -m azuraforge_core.warmup`: compile the kernels for this processor, so that no training waits for it."""

from __future__ import annotations

import os
import sys

from azuraforge_core.errors import KernelError
from azuraforge_core.kernels.choice import choose_kernels
from azuraforge_core.kernels.report import describe_kernels


def main() -> int:
    """0 when kernels are ready or nobody wants them, 1 and a sentence when they cannot be had."""
    try:
        choice = choose_kernels(os.environ)
        if choice.is_native:
            from azuraforge_core.kernels.cpu.families import compile_missing  # noqa: PLC0415 - needs the compiler

            compile_missing(lambda family, seconds: print(f"  compiled {family} in {seconds:.1f} s", flush=True))  # noqa: T201
        print(describe_kernels(os.environ).text)  # noqa: T201 - this is a program
    except KernelError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
