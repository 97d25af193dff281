"""One server for all platforms on 127.0.0.1: the APIs on one port, each brand's site on a port of its own.

`serving(...)` runs it in a thread: of a test, or of `counterpitch sandbox`, which people and the local stack start.
What may be turned while it runs (day, faults, clock) is under /_sandbox, which no platform has.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import uvicorn
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from counterpitch.sandbox.platforms import faults, graph, meta_insights, meta_library, sites, tiktok
from counterpitch.sandbox.platforms.accounts import Clock, Quota, TikTokTokens
from counterpitch.sandbox.platforms.faults import Dial, FaultyWire
from counterpitch.sandbox.platforms.world import World

HOST = "127.0.0.1"
MOST_AHEAD = timedelta(days=400)
_ON = re.compile(r"^/on/(\d{4}-\d{2}-\d{2})(/.*)$")


class PortTaken(OSError):
    """A port cannot be listened on; `port` says which, `reason` why."""

    def __init__(self, port: int, reason: str) -> None:
        super().__init__(f"Port {port} cannot be used ({reason}).")
        self.port, self.reason = port, reason


@dataclass
class Sandbox:
    """What is served, and everything about it that can be turned."""

    world: World
    day: date
    dial: Dial = field(default_factory=Dial)
    clock: Clock = field(default_factory=Clock)
    meta_quota: Quota | None = None
    insights_quota: Quota | None = None
    tiktok_quota: Quota | None = None
    site_quota: Quota | None = None
    site_ports: dict[int, str] = field(default_factory=dict)

    def quota(self, *, meta: int, tiktok: int) -> None:
        """Calls that are allowed: of Meta's two APIs each in an hour, of TikTok's in a minute."""
        self.meta_quota = Quota(calls=meta, clock=self.clock)
        self.insights_quota = Quota(calls=meta, clock=self.clock)
        self.tiktok_quota = Quota(calls=tiktok, window=60.0, clock=self.clock)

    def app(self) -> ASGIApp:
        """The ASGI app: day of looking, then site, then faults, then routes."""
        self.tokens = TikTokTokens(self.clock)
        self.meta_quota = self.meta_quota or Quota(clock=self.clock)
        self.insights_quota = self.insights_quota or Quota(clock=self.clock)
        self.tiktok_quota = self.tiktok_quota or Quota(calls=600, window=60.0, clock=self.clock)
        self.site_quota = self.site_quota or Quota(clock=self.clock)
        apis = FastAPI(title="Counterpitch sandbox", docs_url=None, redoc_url=None, openapi_url=None)
        apis.add_exception_handler(graph.GraphError, graph.error_response)
        apis.add_exception_handler(tiktok.TikTokError, tiktok.error_response)
        apis.include_router(_panel(self))
        apis.include_router(tiktok.router(self.world, self.tiktok_quota, self.tokens))
        apis.include_router(meta_library.router(self.world, self.meta_quota))
        apis.include_router(meta_insights.router(self.world, self.insights_quota))
        pages = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
        pages.include_router(sites.router(self.world, self.site_quota))
        return _Door(self, FaultyWire(_ByPort(apis, pages), self.dial))


class _Door:
    """Outermost: finds the day of looking in the path, and the site by the port that was asked."""

    def __init__(self, sandbox: Sandbox, app: ASGIApp) -> None:
        self.sandbox, self.app = sandbox, app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            state = dict(scope.get("state", {}))
            state |= {"day": self.sandbox.day, "path": scope["path"], "fault": ""}
            site = self.sandbox.site_ports.get((scope.get("server") or ("", 0))[1])
            if site:
                state["site"] = site
            looked = _ON.match(scope["path"])
            if looked:
                try:
                    state["day"] = date.fromisoformat(looked[1])
                except ValueError:
                    await JSONResponse({"error": f"{looked[1]} is not a day"}, 404)(scope, receive, send)
                    return
                if state["day"] > self.sandbox.world.market.last_day + MOST_AHEAD:
                    told = f"The market goes on until {self.sandbox.world.market.last_day}, not to {looked[1]}"
                    await JSONResponse({"error": told}, 404)(scope, receive, send)
                    return
                self.sandbox.world.reach(state["day"])
                scope = {**scope, "path": looked[2], "raw_path": looked[2].encode()}
            scope = {**scope, "state": state}
        await self.app(scope, receive, send)


class _ByPort:
    def __init__(self, apis: ASGIApp, pages: ASGIApp) -> None:
        self.apis, self.pages = apis, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self.pages if "site" in scope.get("state", {}) else self.apis)(scope, receive, send)


def _panel(sandbox: Sandbox) -> APIRouter:
    """What tests and people turn: GET tells, PUT changes. Never part of a platform."""
    routes = APIRouter(prefix="/_sandbox")

    def told() -> dict[str, Any]:
        quotas = {"meta": sandbox.meta_quota, "insights": sandbox.insights_quota, "tiktok": sandbox.tiktok_quota}
        return {
            "day": sandbox.day.isoformat(),
            "start": sandbox.world.market.start.isoformat(),
            "last_day": sandbox.world.market.last_day.isoformat(),
            "account": sandbox.world.account,
            "pages": sandbox.world.pages,
            "sites": {brand: f"http://{HOST}:{port}" for port, brand in sandbox.site_ports.items()},
            "faults": faults.told(sandbox.dial),
            "overdrawn": {name: quota.overdrawn for name, quota in quotas.items() if quota},
        }

    @routes.get("")
    async def look() -> dict[str, Any]:
        return told()

    @routes.put("")
    async def turn(request: Request) -> dict[str, Any]:
        asked = await request.json()
        if "day" in asked:
            sandbox.day = date.fromisoformat(asked["day"])
        for name in ("rate", "seed", "hang", "drip"):
            if name in asked:
                setattr(sandbox.dial, name, asked[name])
        if "kinds" in asked:
            sandbox.dial.kinds = tuple(asked["kinds"])
        if "advance" in asked:
            sandbox.clock.advance(float(asked["advance"]))
        return told()

    return routes


@dataclass(frozen=True)
class Served:
    """A running sandbox: its address, the sites' addresses by brand, and the sandbox itself."""

    url: str
    sites: Mapping[str, str]
    sandbox: Sandbox

    def on(self, day: date | str) -> str:
        """The address that looks on a day."""
        return f"{self.url}/on/{day}"


@contextmanager
def serving(sandbox: Sandbox, port: int = 0, site_ports: int = 0) -> Iterator[Served]:
    """Serve in a thread until the block ends. Port 0 takes a free one; site_ports is the first of the sites' ports.

    Raises PortTaken, and TimeoutError when the server does not come up within a minute.
    """
    brands = list(sandbox.world.brands)
    sockets = _listening([port, *(site_ports + n if site_ports else 0 for n in range(len(brands)))])
    ports = [each.getsockname()[1] for each in sockets]
    sandbox.site_ports = dict(zip(ports[1:], brands, strict=True))
    config = uvicorn.Config(sandbox.app(), log_level="critical", access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": sockets}, daemon=True, name="sandbox")
    thread.start()
    try:
        _wait(server, thread)
        addresses = {brand: f"http://{HOST}:{number}" for number, brand in sandbox.site_ports.items()}
        yield Served(f"http://{HOST}:{ports[0]}", addresses, sandbox)
    finally:
        server.should_exit = server.force_exit = True
        thread.join(timeout=10)
        for each in sockets:
            each.close()


def _listening(ports: Sequence[int]) -> list[socket.socket]:
    sockets: list[socket.socket] = []
    for port in ports:
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sockets.append(listener)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except (OSError, OverflowError) as error:
            for each in sockets:
                each.close()
            reason = error.strerror if isinstance(error, OSError) else "ports end at 65535"
            raise PortTaken(port, reason or str(error)) from error
    return sockets


def _wait(server: uvicorn.Server, thread: threading.Thread) -> None:
    until = time.monotonic() + 60
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until:
            raise TimeoutError("The sandbox platforms did not start. Look for another process on their ports.")
        time.sleep(0.01)
