"""Puts the Desk into the Airflow UI: its pages under /counterpitch, and an entry in the navigation.

Every Airflow process imports this file, most of them never serve a page. So the Desk is built at its first
request, in the api-server, and nothing heavy is loaded before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send


class LazyDesk:
    """The Desk as an ASGI app that builds itself when somebody first asks for a page."""

    _app: FastAPI | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if self._app is None:
            self._app = build()
        await self._app(scope, receive, send)


def build() -> FastAPI:
    """The Desk behind Airflow's own login: whoever may see the Airflow UI may read it."""
    from airflow.api_fastapi.auth.managers.models.resource_details import AccessView
    from airflow.api_fastapi.core_api.security import requires_access_view

    from counterpitch.desk.app import create_app

    return create_app(requires_access_view(AccessView.WEBSITE))


class CounterpitchDesk(AirflowPlugin):
    """Registers the Desk."""

    name = "counterpitch_desk"
    fastapi_apps: list[Any] = [{"app": LazyDesk(), "url_prefix": "/counterpitch", "name": "Counterpitch"}]  # noqa: RUF012
    external_views: list[Any] = [  # noqa: RUF012 Airflow's plugins are lists on the class
        {
            "name": "Desk",
            "href": "counterpitch/",
            "destination": "nav",
            "url_route": "counterpitch",
            "nav_top_level": True,
            "icon": "counterpitch/static/icon.svg",
        }
    ]
