"""The environment of a child process: an allow-list, so that an app's code never sees a credential."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ALLOWED: Final = frozenset(
    {
        "AZURAFORGE_CACHE",
        "AZURAFORGE_KERNELS",
        "AZURAFORGE_KERNEL_CACHE",
        "AZURAFORGE_SIMD_LANES",
        "AZURAFORGE_TRAINER_READS",
        "AZURAFORGE_TRAINER_USER",
        "AZURAFORGE_TRAINER_WALLS",
        "CUDA_DEVICE_ORDER",
        "CUDA_HOME",
        "CUDA_PATH",
        "CUDA_VISIBLE_DEVICES",
        "CURL_CA_BUNDLE",
        "HOME",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "LANG",
        "LANGUAGE",
        "LC_ALL",
        "LC_CTYPE",
        "LD_LIBRARY_PATH",
        "MPLCONFIGDIR",
        "NO_PROXY",
        "NVIDIA_DRIVER_CAPABILITIES",
        "NVIDIA_VISIBLE_DEVICES",
        "PATH",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONPATH",
        "REQUESTS_CA_BUNDLE",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TMPDIR",
        "TZ",
        "VIRTUAL_ENV",
        "XDG_CACHE_HOME",
        "http_proxy",
        "https_proxy",
        "no_proxy",
    }
)
BLAS_SETTINGS: Final = (
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
)
"""One thread each: two pools that spin on the same cores cost a factor of a hundred."""
MARK: Final = "AZURAFORGE_CHILD_OF"
"""Every child and whatever it starts carries this, so that none of them outlives its attempt unseen."""


def child_environment(environ: Mapping[str, str], *, device: str, threads: int, mark: str) -> dict[str, str]:
    """What a child may know: the allow-listed part of `environ`, its device, its threads and its mark."""
    allowed = {name: value for name, value in environ.items() if name in ALLOWED}
    return allowed | {
        **dict.fromkeys(BLAS_SETTINGS, "1"),
        "AZURAFORGE_DEVICE": device,
        "AZURAFORGE_THREADS": str(threads),
        "MPLBACKEND": "Agg",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",  # its plug-in search reads the metadata of every installed package
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        MARK: mark,
    }
