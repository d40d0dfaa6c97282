"""Builds the services of accounts: signing in, users, API keys, projects, the audit log."""

from __future__ import annotations

from redis.asyncio import Redis

from azuraforge_api.audit.repository import AuditRepository
from azuraforge_api.auth.access import ProjectAccess
from azuraforge_api.auth.connections import OpenConnections
from azuraforge_api.auth.endings import Endings
from azuraforge_api.auth.passwords import Passwords
from azuraforge_api.auth.rate_limit import RateLimit, SharedLimit
from azuraforge_api.auth.repository import CredentialRepository, PlaceRepository, SessionRepository
from azuraforge_api.auth.service import AuthService
from azuraforge_api.auth.sign_in import SignInService
from azuraforge_api.edge.client_address import network_of
from azuraforge_api.keys.repository import KeyRepository
from azuraforge_api.keys.service import KeyService
from azuraforge_api.projects.repository import ProjectRepository
from azuraforge_api.projects.service import ProjectService
from azuraforge_api.threads import Threads
from azuraforge_api.users.repository import UserRepository
from azuraforge_api.users.service import UserService
from azuraforge_ledger import Ledger

ADDRESS_BURST, ADDRESS_PERIOD_S = 10, 6.0
"""Tries at once from one address, and the seconds until it has another one."""
ACCOUNT_BURST, ACCOUNT_PERIOD_S = 20, 15.0
"""The same for one account, from all addresses together; whoever signs in has all of them back."""


def build_account_parts(
    ledger: Ledger, redis: Redis, *, threads: Threads, owner_key: str, passwords: Passwords
) -> tuple[object, ...]:
    """Everything that knows who somebody is."""
    connections = OpenConnections()
    endings = Endings(redis, connections)
    by_address = RateLimit(burst=ADDRESS_BURST, period_s=ADDRESS_PERIOD_S)
    by_account = RateLimit(burst=ACCOUNT_BURST, period_s=ACCOUNT_PERIOD_S)
    return (
        AuditRepository(ledger, threads),
        AuthService(SessionRepository(ledger, threads), owner_key=owner_key, endings=endings),
        connections,
        endings,
        KeyService(KeyRepository(ledger, threads), endings=endings),
        ProjectAccess(PlaceRepository(ledger, threads)),
        ProjectService(ProjectRepository(ledger, threads), endings=endings),
        SignInService(
            CredentialRepository(ledger, threads),
            passwords=passwords,
            by_address=SharedLimit(redis, name="sign-in:address", alone=by_address),
            by_account=SharedLimit(redis, name="sign-in:account", alone=by_account),
            network_of=network_of,
            endings=endings,
        ),
        UserService(UserRepository(ledger, threads), passwords=passwords, endings=endings),
    )
