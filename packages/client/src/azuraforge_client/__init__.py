"""Python SDK of AzuraForge over HTTP."""

from azuraforge_client.client import Client
from azuraforge_client.errors import (
    AnswerInvalid,
    BodyUnsendable,
    ClientError,
    Conflict,
    DownloadDamaged,
    Forbidden,
    NotFound,
    ProblemRaised,
    RequestRefused,
    ServerFailed,
    ServerUnreachable,
    Unauthenticated,
)

__all__ = [
    "AnswerInvalid",
    "BodyUnsendable",
    "Client",
    "ClientError",
    "Conflict",
    "DownloadDamaged",
    "Forbidden",
    "NotFound",
    "ProblemRaised",
    "RequestRefused",
    "ServerFailed",
    "ServerUnreachable",
    "Unauthenticated",
]
