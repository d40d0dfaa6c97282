"""Who is let in where: one row for every route, one column for everybody who may knock.

`N` nobody is signed in (401), `F` forbidden (403), `H` hidden (404), `Y` let in: answered with one of the row's `ok`.
A route without a row fails the suite, and so does a row without a route.
"""

from __future__ import annotations

from typing import NamedTuple

COLUMNS = (
    "nobody",
    "viewer",
    "editor",
    "manager",  # admin of the project
    "root",  # admin of the platform
    "other",  # editor of another project
    "key_read",  # the manager's keys
    "key_write",
    "key_admin",
    "key_bound",  # root's, with every scope, for the project alone
    "root_key",  # root's, with every scope
    "owner_key",
)


class Row(NamedTuple):
    """`cells` in the order of `COLUMNS`; `ok` is what whoever is let in may get."""

    cells: str
    ok: tuple[int, ...] = (200,)


#                 nobody viewer editor manager root other key_read key_write key_admin key_bound root_key owner_key
PUBLIC = "         Y      Y      Y      Y       Y    Y     Y        Y         Y         Y         Y        Y"
SIGNED_IN = "      N      Y      Y      Y       Y    Y     Y        Y         Y         Y         Y        Y"
READS = "          N      Y      Y      Y       Y    H     Y        Y         Y         Y         Y        Y"
EDITS = "          N      F      Y      Y       Y    H     F        Y         Y         Y         Y        Y"
MANAGES = "        N      F      F      Y       Y    H     F        F         Y         Y         Y        Y"
PLATFORM = "       N      F      F      F       Y    F     F        F         F         F         Y        Y"
UNBOUNDED = "      N      Y      Y      Y       Y    Y     F        F         Y         F         Y        Y"
ACCOUNT = "        N      Y      Y      Y       Y    Y     F        F         Y         F         Y        F"
TERMINAL = "       N      F      F      F       F    F     F        F         F         F         F        Y"

MATRIX: dict[tuple[str, str], Row] = {
    ("GET", "/health"): Row(PUBLIC),
    ("GET", "/ready"): Row(PUBLIC),
    ("GET", "/openapi.json"): Row(SIGNED_IN),
    ("GET", "/pipelines"): Row(SIGNED_IN),
    ("GET", "/audit"): Row(PLATFORM),
    ("POST", "/auth/links"): Row(TERMINAL, (201,)),
    ("POST", "/auth/links/read"): Row(PUBLIC),
    ("POST", "/auth/password"): Row(ACCOUNT, (204,)),
    ("POST", "/auth/session"): Row(PUBLIC),
    ("GET", "/auth/session"): Row(SIGNED_IN),
    ("DELETE", "/auth/session"): Row(SIGNED_IN, (204,)),
    ("GET", "/auth/sessions"): Row(ACCOUNT),
    ("DELETE", "/auth/sessions"): Row(ACCOUNT, (204,)),
    ("DELETE", "/auth/sessions/{session_id}"): Row(ACCOUNT, (204,)),
    ("GET", "/experiments"): Row(SIGNED_IN),
    ("POST", "/experiments"): Row(EDITS, (202,)),
    ("GET", "/experiments/{task_id}"): Row(READS),
    ("GET", "/experiments/{task_id}/artifacts"): Row(READS),
    ("GET", "/experiments/{task_id}/artifacts/{name}"): Row(READS),
    ("PATCH", "/experiments/{task_id}"): Row(EDITS),
    ("DELETE", "/experiments/{task_id}"): Row(MANAGES, (204,)),
    ("POST", "/experiments/{task_id}/archive"): Row(EDITS),
    ("POST", "/experiments/{task_id}/cancel"): Row(EDITS, (409,)),
    ("GET", "/experiments/{task_id}/checkpoints"): Row(READS),
    ("POST", "/experiments/{task_id}/fork"): Row(EDITS, (409,)),
    ("POST", "/experiments/{task_id}/pause"): Row(EDITS, (409,)),
    ("GET", "/experiments/{task_id}/proof/{other}"): Row(READS),
    ("POST", "/experiments/{task_id}/prove"): Row(EDITS, (202,)),
    ("POST", "/experiments/{task_id}/rerun"): Row(EDITS, (202,)),
    ("POST", "/experiments/{task_id}/resume"): Row(EDITS, (409,)),
    ("POST", "/experiments/{task_id}/retry"): Row(EDITS, (409,)),
    ("POST", "/experiments/{task_id}/unarchive"): Row(EDITS),
    ("GET", "/experiments/{task_id}/events"): Row(READS),
    ("GET", "/experiments/{task_id}/events/stream"): Row(READS, (204,)),
    ("GET", "/experiments/{task_id}/logs"): Row(READS),
    ("GET", "/experiments/{task_id}/metrics"): Row(READS),
    ("GET", "/keys"): Row(UNBOUNDED),
    ("POST", "/keys"): Row(UNBOUNDED, (201,)),
    ("DELETE", "/keys/{key_id}"): Row(UNBOUNDED, (204,)),
    ("GET", "/projects"): Row(SIGNED_IN),
    ("POST", "/projects"): Row(UNBOUNDED, (201,)),
    ("GET", "/projects/{project_id}"): Row(READS),
    ("PATCH", "/projects/{project_id}"): Row(MANAGES),
    ("GET", "/projects/{project_id}/members"): Row(READS),
    ("POST", "/projects/{project_id}/members"): Row(MANAGES),
    ("DELETE", "/projects/{project_id}/members/{user_id}"): Row(MANAGES, (204,)),
    ("GET", "/users"): Row(PLATFORM),
    ("POST", "/users"): Row(PLATFORM, (201,)),
    ("GET", "/users/{user_id}"): Row(PLATFORM),
    ("PATCH", "/users/{user_id}"): Row(PLATFORM),
    ("POST", "/users/{user_id}/links"): Row(PLATFORM, (201,)),
}
"""Routes below the API's prefix. The experiment has succeeded: an order to it ends with 409 for whoever may give it."""

SOCKETS: dict[str, Row] = {"/ws/task_status/{task_id}": Row(READS)}
"""A socket says it with a close code: N is 4401, H is 4404, F is 4403; Y is the first event."""
