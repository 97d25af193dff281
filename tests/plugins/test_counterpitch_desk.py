"""The plugin: cheap to import, one entry in the navigation, and no page without Airflow's login."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).resolve().parents[2]

# Run in a process of its own: Airflow's login is one object a process, and its import would outlive the test.
VISIT = """
import json, sys
sys.path.insert(0, sys.argv[1])
import airflow.plugins_manager
before = set(sys.modules)
import counterpitch_desk as plugin
loaded = sorted(set(sys.modules) - before)
from airflow.api_fastapi.app import create_auth_manager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from fastapi import FastAPI
from fastapi.testclient import TestClient
from airflow import settings
from airflow.models.revoked_token import RevokedToken
RevokedToken.metadata.create_all(settings.engine, tables=[RevokedToken.__table__])
entry = plugin.CounterpitchDesk.fastapi_apps[0]
outer = FastAPI()
outer.mount(entry["url_prefix"], entry["app"])
client = TestClient(outer, raise_server_exceptions=False)
viewer = create_auth_manager().generate_jwt(SimpleAuthManagerUser(username="mara", role="VIEWER"))
nobody = create_auth_manager().generate_jwt(SimpleAuthManagerUser(username="mara", role=None))
from counterpitch.desk import views
filled = {"market_id": "m", "day": "2026-11-20", "ad_key": "a:1", "persona_id": "p", "theme_id": "t", "brief_id": "b",
          "name": "desk.css"}
paths = sorted({route.path.replace(":path", "").format(**filled) for route in views.router.routes})
def visit(path, token=None):
    answer = client.get("/counterpitch" + path, headers={"Cookie": "_token=" + token} if token else {})
    return [answer.status_code, answer.headers.get("content-security-policy"), answer.text]
out = {
    "loaded": loaded,
    "entry": {k: v for k, v in entry.items() if k != "app"},
    "views": plugin.CounterpitchDesk.external_views,
    "strangers": {path: visit(path)[0] for path in [*paths, "/openapi.json", "/docs", "/nowhere"]},
    "forged": visit("/static/desk.css", "forged")[0],
    "nobody": visit("/static/desk.css", nobody)[0],
    "refusal": visit("/"),
    "css": visit("/static/desk.css", viewer)[0],
    "writes": client.post("/counterpitch/", headers={"Cookie": "_token=" + viewer}).status_code,
    "heavy": sorted({"pandas", "numpy", "sklearn", "lightgbm", "langchain", "great_expectations"} & set(sys.modules)),
}
print("\\x1e" + json.dumps(out))
"""


@pytest.fixture(scope="module")
def visited(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    environment = os.environ | {
        "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
        "AIRFLOW__API_AUTH__JWT_SECRET": "s" * 64,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    }
    done = subprocess.run(
        [sys.executable, "-c", VISIT, str(PROJECT / "plugins")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.split("\x1e")[-1])
    return found


def test_importing_the_plugin_loads_no_page(visited: dict[str, Any]) -> None:
    assert [name for name in visited["loaded"] if name.startswith(("counterpitch.", "fastapi", "jinja2"))] == []


def test_the_desk_loads_nothing_heavy(visited: dict[str, Any]) -> None:
    assert visited["heavy"] == []


def test_the_navigation_leads_to_the_desk(visited: dict[str, Any]) -> None:
    [view] = visited["views"]
    assert view["destination"] == "nav"
    assert view["url_route"]
    assert "/" + view["href"] == visited["entry"]["url_prefix"] + "/"


def test_a_stranger_gets_nothing_of_any_page(visited: dict[str, Any]) -> None:
    strangers = visited["strangers"]
    assert {strangers.pop("/openapi.json"), strangers.pop("/docs"), strangers.pop("/nowhere")} == {404}
    assert len(strangers) > 10
    assert set(strangers.values()) == {401}


def test_a_refusal_says_what_to_do_and_is_sealed(visited: dict[str, Any]) -> None:
    status, policy, text = visited["refusal"]
    assert status == 401
    assert "Please log in" in text
    assert "default-src 'none'" in policy


def test_a_viewer_gets_in_and_a_forged_or_roleless_token_does_not(visited: dict[str, Any]) -> None:
    assert (visited["css"], visited["forged"], visited["nobody"]) == (200, 403, 403)


def test_there_is_nothing_to_write_to(visited: dict[str, Any]) -> None:
    assert visited["writes"] == 405
