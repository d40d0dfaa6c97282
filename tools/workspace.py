"""Where the members of this workspace are and how a child process is run; the standard library only."""

from __future__ import annotations

import hashlib
import os
import ssl
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
NODE_LOCK = ROOT / "tools" / "node.lock"
DASHBOARD = ROOT / "dashboard"
STATIC = ROOT / "services" / "api" / "src" / "azuraforge_api" / "static"

NETWORK_WORDS = (
    "Could not resolve host",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ENETUNREACH",
    "ENOTFOUND",
    "Name or service not known",
    "Network is unreachable",
    "NewConnectionError",
    "No matching distribution found",
    "Temporary failure in name resolution",
    "client error (Connect)",
    "dns error",
    "error sending request",
)
"""What pip, uv and npm write when the registry cannot be reached."""
NO_NETWORK = (
    "The package registry cannot be reached: check the network, HTTPS_PROXY or PIP_INDEX_URL, and run this again."
)
CERTIFICATE_WORDS = (
    "CERTIFICATE_VERIFY_FAILED",
    "SELF_SIGNED_CERT_IN_CHAIN",
    "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
    "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "invalid peer certificate",
)
"""What they write when something between here and the registry shows a certificate of its own."""
UNTRUSTED = (
    "The package registry's certificate is not trusted here: install your network's authority on this machine, or name "
    "its file in SSL_CERT_FILE and NODE_EXTRA_CA_CERTS, and run this again."
)


class StepFailed(RuntimeError):
    """A step ended badly; the message is one sentence and its remedy."""


def members() -> list[Path]:
    """Folders of every Python member; a folder that begins with `_` is a template."""
    found = [
        path.parent for group in ("packages", "services", "apps") for path in ROOT.glob(f"{group}/*/pyproject.toml")
    ]
    return sorted(path for path in found if not path.name.startswith("_"))


def program(name: str) -> str:
    """Path of a program of the environment, such as `uv`."""
    return str(VENV / "bin" / name)


def content_hash(paths: Iterable[Path], *extra: str) -> str:
    """One hash over names and contents of `paths` and over `extra`; equal hash, nothing to do."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for text in extra:
        digest.update(f"\0{text}".encode())
    return digest.hexdigest()


def tool_environ() -> dict[str, str]:
    """Environment of uv and npm: this environment's programs first, no Python downloads, pip's mirror for uv too.

    Both trust the certificates of the machine, as pip does: a company's proxy is known there and nowhere else.
    """
    environ = {**os.environ, "VIRTUAL_ENV": str(VENV), "UV_PYTHON_DOWNLOADS": "never"}
    if authorities := ssl.get_default_verify_paths().cafile:
        environ.setdefault("UV_SYSTEM_CERTS", "true")
        environ.setdefault("NODE_EXTRA_CA_CERTS", authorities)
    environ["PATH"] = f"{VENV / 'bin'}{os.pathsep}{environ.get('PATH', '')}"
    if (mirror := environ.get("PIP_INDEX_URL")) and "UV_DEFAULT_INDEX" not in environ:
        environ["UV_DEFAULT_INDEX"] = mirror
    environ.pop("PYTHONHOME", None)
    return environ


def run_step(
    title: str,
    command: Sequence[str | Path],
    *,
    remedy: str,
    cwd: Path = ROOT,
    environ: Mapping[str, str] | None = None,
) -> None:
    """Run `command` silently under one line of text; its output is shown only when it fails.

    Raises:
        StepFailed: with `remedy`, or with the remedy for a missing network where the output speaks of one.
    """
    print(f"  {title} ...", end="", flush=True)
    start = time.monotonic()
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=dict(environ or tool_environ()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise StepFailed(f"{command[0]} cannot be run ({error.strerror}). {remedy}") from error
    if done.returncode == 0:
        print(f" {time.monotonic() - start:.1f} s")
        return
    print(" failed\n" + "\n".join(f"    {line}" for line in done.stdout.strip().splitlines()[-30:]))
    if any(word in done.stdout for word in CERTIFICATE_WORDS):
        remedy = UNTRUSTED
    elif any(word in done.stdout for word in NETWORK_WORDS):
        remedy = NO_NETWORK
    raise StepFailed(remedy)
