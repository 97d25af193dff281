"""Builds the Desk's FastAPI app: every route asks the given guard first, every answer forbids foreign content.

The page runs inside the Airflow UI with the reader's login, and shows words that strangers wrote. So templates
escape everything, and the content policy allows no script, style, image or request that is not our own file.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import psycopg2
from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from counterpitch.desk import pages, views
from counterpitch.warehouse.connection import WarehouseUnreachable

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'self'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
ANSWERS = {
    401: ("Please log in", "The Desk uses the login of the Airflow UI. Log in there and open this page again."),
    403: ("No access", "Your Airflow role may not read this. Ask whoever runs Airflow for the Viewer role."),
    404: ("Nothing here", "This market, day or item is not in the warehouse. Another day may have it."),
    422: ("Nothing here", "The address is not one of ours: a day reads 2026-11-20, and a filter has set values."),
}


def create_app(guard: Callable[..., Any]) -> FastAPI:
    """The Desk. `guard` is a FastAPI dependency that raises HTTPException for who may not read."""
    app = FastAPI(title="Counterpitch", openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.include_router(views.router, dependencies=[Depends(guard)])
    app.middleware("http")(_seal)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(WarehouseUnreachable, _unreachable)
    app.add_exception_handler(psycopg2.errors.UndefinedTable, _not_migrated)
    app.add_exception_handler(psycopg2.errors.InvalidSchemaName, _not_migrated)
    app.add_exception_handler(psycopg2.errors.QueryCanceled, _too_slow)
    return app


async def _seal(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def _refused(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    title, advice = ANSWERS.get(status, ("Something went wrong", str(getattr(error, "detail", ""))))
    return pages.message(request, status, title, advice)


def _misread(request: Request, _: Exception) -> Response:
    return pages.message(request, 422, *ANSWERS[422])


def _unreachable(request: Request, _: Exception) -> Response:
    return pages.message(
        request,
        503,
        "The warehouse does not answer",
        "Start it with `make run`, or check COUNTERPITCH_WAREHOUSE_URL and COUNTERPITCH_DESK_URL.",
    )


def _not_migrated(request: Request, _: Exception) -> Response:
    return pages.message(request, 503, "The warehouse has no tables yet", "Run `counterpitch migrate` once.")


def _too_slow(request: Request, _: Exception) -> Response:
    return pages.message(
        request, 504, "That took too long", "The warehouse is busy. Try again, or narrow the list with the filters."
    )
