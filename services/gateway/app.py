"""The gateway's web application and the service that runs it, beside the Faust apps or alone."""

from __future__ import annotations

import importlib
import logging

import mode
from aiohttp import web

from schemas import limits
from services.documents import open_store
from services.gateway import (
    accounts_api,
    alerts_api,
    commands_api,
    documents_api,
    middleware,
    plan_aid_api,
    probes,
    sse,
    static_files,
    telemetry_api,
    views_api,
)
from services.gateway.accounts import Accounts
from services.gateway.commanding import send_kept
from services.gateway.context import GATEWAY
from services.gateway.kept_stops import KeptStops
from services.gateway.presence import SiteKeys
from services.gateway.reading import Reading
from services.gateway.state import Gateway
from services.gateway.texts import LANGUAGES, texts
from services.log import open_log
from services.settings import Settings

SHUTDOWN_S = 5.0  # requests that are not answered by then are cut
HEADER_BYTES_MAX = 16 * 1024

API_ROUTES = (
    *accounts_api.ROUTES,
    *commands_api.ROUTES,
    *telemetry_api.ROUTES,
    *views_api.ROUTES,
    *documents_api.ROUTES,
    *alerts_api.ROUTES,
    *plan_aid_api.ROUTES,
    *probes.ROUTES,
    web.get("/api/sites/{site_id}/events", sse.events),
)

log = logging.getLogger(__name__)


class PortInUse(Exception):
    """Somebody else listens there."""


def make_app(gateway: Gateway) -> web.Application:
    """The application: the API, and the pages if they are there."""
    app = web.Application(middlewares=middleware.MIDDLEWARES, client_max_size=limits.COMMAND_BYTES_MAX)
    app[GATEWAY] = gateway
    app.on_response_prepare.append(middleware.add_headers)
    app.on_shutdown.append(gateway.hub.end)
    app.add_routes((*API_ROUTES, *static_files.ROUTES))
    _add_pages(app)
    return app


def _add_pages(app: web.Application) -> None:
    """Pages bring their routes (`add_page_routes`) and how a problem is drawn (`render_problem`)."""
    pages = importlib.import_module("services.gateway.pages")
    if hasattr(pages, "add_page_routes"):
        pages.add_page_routes(app)
    if hasattr(pages, "render_problem"):
        app[middleware.PROBLEM_PAGE] = pages.render_problem


def open_gateway(settings: Settings) -> Gateway:
    """Everything the gateway needs, opened. Raises what opening a log, a database or a store raises."""
    return Gateway(
        settings=settings,
        log=open_log(settings.log_url),
        reading=Reading.open(settings),
        documents=open_store(settings.documents_url),
        accounts=Accounts(settings.accounts_url),
        site_keys=SiteKeys(settings.keys),
        kept_stops=KeptStops(settings.data / "kept_stops"),
    )


class GatewayService(mode.Service):
    """Serves HTTP while it runs. A task of it that ends by an error ends the worker it lives in."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings
        self.gateway: Gateway | None = None
        self._runner: web.AppRunner | None = None

    async def on_start(self) -> None:
        for lang in LANGUAGES:
            texts(lang)  # a broken catalogue stops the start; it never turns a refusal into a 500
        self.gateway = open_gateway(self.settings)
        self._runner = web.AppRunner(
            make_app(self.gateway),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=SHUTDOWN_S,
            max_field_size=HEADER_BYTES_MAX,
            max_line_size=HEADER_BYTES_MAX,
        )
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.settings.host, self.settings.port)
        try:
            await site.start()
        except OSError as error:
            raise PortInUse(f"port {self.settings.port} on {self.settings.host} cannot be used: {error}") from error
        gateway = self.gateway
        self.add_future(gateway.doorbell.run())
        self.add_future(gateway.hub.run(gateway.reading.reached))
        self.add_future(gateway.pusher.run())
        self.add_future(gateway.kept_stops.send_until_recorded(lambda stop: send_kept(gateway, stop)))

    async def on_stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        if self.gateway is not None:
            gateway, self.gateway = self.gateway, None
            await gateway.log.close()
            gateway.accounts.close()
            gateway.reading.close()

    @property
    def port(self) -> int:
        """The port it listens on (asked for port 0: the one it was given)."""
        assert self._runner is not None
        return int(self._runner.addresses[0][1])
