"""Builds the gateway: parts, routes, and the two layers in front of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import cast

from fastapi import APIRouter, FastAPI
from redis.asyncio import Redis

from azuraforge_api import description
from azuraforge_api.account_parts import build_account_parts
from azuraforge_api.artifacts import routes as artifact_routes
from azuraforge_api.artifacts.repository import ArtifactRepository
from azuraforge_api.artifacts.service import ArtifactService
from azuraforge_api.audit import routes as audit_routes
from azuraforge_api.auth import account_routes
from azuraforge_api.auth import routes as auth_routes
from azuraforge_api.auth.connections import OpenConnections
from azuraforge_api.auth.endings import Endings
from azuraforge_api.auth.identity import Identity
from azuraforge_api.auth.passwords import Passwords
from azuraforge_api.auth.service import AuthService
from azuraforge_api.broker import TrainQueue
from azuraforge_api.dashboard import routes as dashboard_routes
from azuraforge_api.dashboard.files import DashboardFiles
from azuraforge_api.edge.access import AccessEdge
from azuraforge_api.edge.outer import OuterEdge
from azuraforge_api.events import log_routes
from azuraforge_api.events import routes as event_routes
from azuraforge_api.events.hub import Hub
from azuraforge_api.events.repository import EventRepository
from azuraforge_api.events.service import LiveService
from azuraforge_api.events.subscription import HEARTBEAT_S, Subscription
from azuraforge_api.experiments import control_routes
from azuraforge_api.experiments import routes as experiment_routes
from azuraforge_api.experiments.admission import Admission
from azuraforge_api.experiments.control import ControlService
from azuraforge_api.experiments.control_repository import ControlRepository
from azuraforge_api.experiments.origins import OriginService
from azuraforge_api.experiments.repository import ExperimentRepository
from azuraforge_api.experiments.service import ExperimentService
from azuraforge_api.health import routes as health_routes
from azuraforge_api.health.service import HealthService
from azuraforge_api.housekeeping import Housekeeping
from azuraforge_api.keys import routes as key_routes
from azuraforge_api.metrics import routes as metric_routes
from azuraforge_api.metrics.repository import MetricRepository
from azuraforge_api.parts import Parts
from azuraforge_api.pipelines import routes as pipeline_routes
from azuraforge_api.pipelines.preflight import WAIT_S, Preflight
from azuraforge_api.pipelines.repository import AnnouncementRepository
from azuraforge_api.pipelines.service import CatalogService
from azuraforge_api.problems import install_handlers
from azuraforge_api.projects import routes as project_routes
from azuraforge_api.redis_link import open_redis
from azuraforge_api.settings import Settings
from azuraforge_api.threads import Threads
from azuraforge_api.users import routes as user_routes
from azuraforge_contracts.names import ACCESS_CHANNEL, API_PREFIX
from azuraforge_ledger import ArtifactStore, Ledger, LedgerError, open_ledger

LEDGER_THREADS = 12
SESSION_CHECK_S = 15.0
STATIC_FOLDER = Path(__file__).parent / "static"


def create_app(
    settings: Settings,
    *,
    ledger: Ledger | None = None,
    static_folder: Path = STATIC_FOLDER,
    preflight_wait_s: float = WAIT_S,
    heartbeat_s: float = HEARTBEAT_S,
) -> FastAPI:
    """The gateway as an ASGI application. It connects to nothing before its lifespan begins.

    `ledger` is one that the caller opened and closes; without it the lifespan opens its own.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            opened = ledger or stack.enter_context(closing(open_ledger(settings.database_url)))
            await asyncio.to_thread(opened.migrate)
            means = await _open_means(settings, opened, stack)
            app.state.parts = _build_parts(means, preflight_wait_s=preflight_wait_s, heartbeat_s=heartbeat_s)
            await _start(app.state.parts, means, stack)
            yield

    app = FastAPI(
        title="AzuraForge",
        version=version("azuraforge-api"),
        description="Experiments, live progress, artifacts. Every failure is `application/problem+json`.",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )

    async def identify(headers: Mapping[str, str], *, is_https: bool) -> Identity | None:
        auth: AuthService = app.state.parts[AuthService]
        return await auth.identify(headers, is_https=is_https)

    app.state.dashboard = DashboardFiles(static_folder)
    install_handlers(app)
    _add_routes(app)
    app.add_middleware(AccessEdge, settings=settings, identify=identify)
    app.add_middleware(OuterEdge, settings=settings)
    return app


def _add_routes(app: FastAPI) -> None:
    api = APIRouter(prefix=API_PREFIX)
    for module in (
        health_routes,
        auth_routes,
        account_routes,
        user_routes,
        key_routes,
        project_routes,
        audit_routes,
        pipeline_routes,
        experiment_routes,
        control_routes,
        event_routes,
        log_routes,
        metric_routes,
        artifact_routes,
        description,
    ):
        api.include_router(module.router)
    app.include_router(api)
    app.include_router(event_routes.socket_router)
    app.include_router(dashboard_routes.router)


@dataclass(frozen=True)
class _Means:
    """What the services stand on."""

    settings: Settings
    ledger: Ledger
    redis: Redis
    threads: Threads
    queue: TrainQueue
    accounts: tuple[object, ...]


async def _open_means(settings: Settings, ledger: Ledger, stack: AsyncExitStack) -> _Means:
    redis = open_redis(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    threads = stack.enter_context(closing(Threads("ledger", size=LEDGER_THREADS)))
    queue = stack.enter_context(closing(TrainQueue(settings.redis_url)))
    passwords = stack.enter_context(closing(Passwords()))
    accounts = build_account_parts(ledger, redis, threads=threads, owner_key=settings.owner_key, passwords=passwords)
    return _Means(settings, ledger, redis, threads, queue, accounts)


def _build_parts(means: _Means, *, preflight_wait_s: float, heartbeat_s: float) -> Parts:
    ledger, redis, threads, settings = means.ledger, means.redis, means.threads, means.settings
    events = EventRepository(ledger, threads)
    hub = Hub(events)
    endings = next(one for one in means.accounts if isinstance(one, Endings))
    subscription = Subscription(redis, hub, heartbeat_s=heartbeat_s, notices={ACCESS_CHANNEL: endings.hear})
    live = LiveService(events, hub=hub, subscription=subscription, redis=redis)
    catalog = CatalogService(AnnouncementRepository(redis))
    experiments = ExperimentRepository(ledger, threads)
    store = ArtifactStore(settings.artifacts)
    control = ControlRepository(ledger, store, threads=threads)
    preflight = Preflight(redis, wait_s=preflight_wait_s)
    admission = Admission(experiments, preflight=preflight, waker=means.queue, announce=live.announce)
    parts = (
        *means.accounts,
        ArtifactService(ArtifactRepository(ledger, store, threads=threads)),
        catalog,
        experiments,
        ControlService(control, catalog=catalog, admission=admission, announce=live.announce),
        ExperimentService(experiments, catalog=catalog, admission=admission, announce=live.announce),
        OriginService(control, catalog=catalog, admission=admission),
        HealthService(ledger, redis, threads=threads),
        MetricRepository(ledger, threads),
        live,
    )
    return {type(one): one for one in parts}


async def _start(parts: Parts, means: _Means, stack: AsyncExitStack) -> None:
    live = cast("LiveService", parts[LiveService])
    live.start()
    stack.push_async_callback(live.aclose)
    housekeeping = Housekeeping(means.ledger, redis_url=means.settings.redis_url, send=means.queue.send)
    housekeeping.start()
    stack.push_async_callback(asyncio.to_thread, housekeeping.close)
    checking = asyncio.create_task(_end_dead_sessions(parts))
    stack.callback(checking.cancel)


async def _end_dead_sessions(parts: Parts) -> None:
    """Close connections of sessions that another process ended, or that expired."""
    connections, auth = cast("OpenConnections", parts[OpenConnections]), cast("AuthService", parts[AuthService])
    while True:
        await asyncio.sleep(SESSION_CHECK_S)
        try:
            await connections.end_dead(auth.list_live)
        except LedgerError:
            continue  # nobody is signed out because the database is away
