"""What can go wrong between a program and a server.

ClientError
├── ServerUnreachable      nobody answers at this address
├── AnswerInvalid          whoever answers there is no AzuraForge of this version
├── BodyUnsendable         a value that no JSON can carry, such as NaN
├── DownloadDamaged        a file arrived with another sha256 than the server announced
└── ProblemRaised          the server refused; carries its Problem
    ├── Unauthenticated    401
    ├── Forbidden          403: the key may not do this
    ├── NotFound           404
    ├── Conflict           409
    ├── RequestRefused     400, 413, 415, 422: correct the request
    └── ServerFailed       5xx, 429: try again later
"""

from __future__ import annotations

from http import HTTPStatus

from azuraforge_contracts import Problem


class ClientError(Exception):
    """The base of everything this package raises on purpose."""


class ServerUnreachable(ClientError):
    """Nobody answers."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"No AzuraForge server answers at {url}. Start one with `azuraforge up`, or check the address."
        )
        self.url = url


class AnswerInvalid(ClientError):
    """The answer is not one that this client knows."""


class BodyUnsendable(ClientError):
    """JSON cannot carry a value; nothing was sent."""


class DownloadDamaged(ClientError):
    """A file did not arrive as it was sent; nothing was kept."""


class ProblemRaised(ClientError):
    """The server refused; its words are in `problem`."""

    def __init__(self, problem: Problem) -> None:
        lines = [f"{problem.detail} {problem.hint}".strip()]
        lines += [f"  {error.pointer or '/'}: {error.message}" for error in problem.errors]
        super().__init__("\n".join(lines))
        self.problem = problem


class Unauthenticated(ProblemRaised):
    """The key is wrong, or there is none."""


class Forbidden(ProblemRaised):
    """The key may not do this."""


class NotFound(ProblemRaised):
    """There is no such thing."""


class Conflict(ProblemRaised):
    """Its state does not allow this."""


class RequestRefused(ProblemRaised):
    """The request has to be corrected; `problem.errors` name the fields."""


class ServerFailed(ProblemRaised):
    """The server cannot do it now."""


_BY_STATUS: dict[int, type[ProblemRaised]] = {
    HTTPStatus.UNAUTHORIZED: Unauthenticated,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.TOO_MANY_REQUESTS: ServerFailed,
}


def problem_error(problem: Problem) -> ProblemRaised:
    """The exception for a problem, by its status."""
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerFailed(problem)
    return _BY_STATUS.get(problem.status, RequestRefused)(problem)
