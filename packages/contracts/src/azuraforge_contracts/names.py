"""Every name that two processes must spell alike."""

from __future__ import annotations

from typing import Final

API_PREFIX: Final = "/api/v1"
WS_PATH: Final = "/ws/task_status/{task_id}"

CELERY_APP: Final = "azuraforge"
TRAIN_TASK: Final = "start_training_pipeline"
QUEUE_TRAIN: Final = "train"
QUEUE_EXPLAIN: Final = "explain"
QUEUE_LIGHT: Final = "light"

WORKERS_KEY: Final = "azuraforge:workers"
"""Sorted set: worker id scored by the Unix time of its last announcement."""

RESULTS_NAME: Final = "results.json"
REPORT_HTML_NAME: Final = "report.html"
REPORT_MARKDOWN_NAME: Final = "report.md"
BUNDLE_NAME: Final = "model.azf.zip"
BUNDLE_FORMAT: Final = "azf.model/1"
RESULTS_FORMAT: Final = "azf.results/1"

GROUP_PIPELINES: Final = "azuraforge.pipelines"
GROUP_TRANSFORMS: Final = "azuraforge.transforms"
GROUP_CALLBACKS: Final = "azuraforge.callbacks"
GROUP_LAYERS: Final = "azuraforge.layers"

SESSION_COOKIE: Final = "__Host-azuraforge_session"
SESSION_COOKIE_LOOPBACK: Final = "azuraforge_session"
"""Browsers refuse `__Host-` cookies without TLS, so plain HTTP on loopback uses this name."""

SCHEMA_EXTENSION: Final = "x-azf"
"""JSON Schema keyword of a config field: see `catalog.FieldPresentation`."""
CSV_MEDIA_TYPE: Final = "text/csv"

WS_SESSION_ENDED: Final = 4401
WS_NOT_ALLOWED: Final = 4403
WS_UNKNOWN_EXPERIMENT: Final = 4404
WS_TOO_SLOW: Final = 4408
WS_TOO_MANY: Final = 4429
WS_RESTART: Final = 1012

ACCESS_CHANNEL: Final = "azuraforge:access"
"""Pub/Sub channel that names sessions and API keys that have ended, and users whose rights have changed."""
API_KEY_PREFIX: Final = "azf_"

ANNOUNCEMENT_TTL_S: Final = 30
ANNOUNCEMENT_PERIOD_S: Final = 10
LEASE_S: Final = 30
LEASE_RENEWAL_S: Final = 5
MAX_CRASHES: Final = 5
MAX_LINE_BYTES: Final = 64 * 1024
MAX_BODY_BYTES: Final = 1024 * 1024


def progress_channel(task_id: str) -> str:
    """Pub/Sub channel that carries the events of one experiment."""
    return f"task-progress:{task_id}"


PROGRESS_PATTERN: Final = "task-progress:*"


def worker_key(worker_id: str) -> str:
    """Key of one worker's announcement; it expires after `ANNOUNCEMENT_TTL_S`."""
    return f"azuraforge:worker:{worker_id}"


def preflight_queue(pipeline: str) -> str:
    """List of the preflight requests that a worker offering `pipeline` answers."""
    return f"azuraforge:preflight:{pipeline}"


def preflight_reply(request_id: str) -> str:
    """List that receives the one answer to a preflight request."""
    return f"azuraforge:preflight-reply:{request_id}"


RECENT_LOGS: Final = 200
RECENT_SAMPLES: Final = 300
RECENT_TTL_S: Final = 3600
"""How long the last logs and samples of an experiment outlive its newest one."""
MAX_LOG_BYTES: Final = 4096
"""Of one log message; a longer one is cut."""


def recent_logs_key(task_id: str) -> str:
    """List of the experiment's last `RECENT_LOGS` log records, oldest first."""
    return f"azuraforge:logs:{task_id}"


def recent_samples_key(task_id: str) -> str:
    """List of the experiment's last `RECENT_SAMPLES` system samples, oldest first."""
    return f"azuraforge:samples:{task_id}"
