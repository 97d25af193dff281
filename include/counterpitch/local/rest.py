"""A thin client of Airflow's REST API: runs by partition key, their tasks, their logs.

The command line of Airflow cannot set a partition key and costs three seconds a call; the API does both better.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

import httpx

from counterpitch.local.errors import LocalFailure

PAGE = 100
FINAL = {"success", "failed"}


@dataclass(frozen=True)
class Run:
    """A DAG run. Times are aware; `key` is the partition key ('YYYY-MM-DD') or None."""

    dag_id: str
    run_id: str
    key: str | None
    state: str
    run_type: str
    queued: datetime | None
    started: datetime | None
    ended: datetime | None

    @property
    def over(self) -> bool:
        """Whether it ended, well or not."""
        return self.state in FINAL


@dataclass(frozen=True)
class Task:
    """A task instance; `label` names the mapped item (a brand, a market) where there is one."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int
    label: str | None
    state: str | None
    tries: int

    @property
    def name(self) -> str:
        """The name that a person reads, such as `collect [acme]`."""
        return f"{self.task_id} [{self.label or self.map_index}]" if self.map_index >= 0 else self.task_id


class Airflow:
    """A session with the API of a running stack."""

    def __init__(self, address: str, user: str, password: str) -> None:
        self._login = {"username": user, "password": password}
        # A connection for each request: one that idled may be closed by the server just as the next request is sent.
        alone = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(base_url=address, timeout=90, trust_env=False, limits=alone)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def dags(self) -> dict[str, bool]:
        """Every DAG that was parsed -> whether it is paused."""
        return {dag["dag_id"]: dag["is_paused"] for dag in self._pages("/dags", "dags", {})}

    def import_errors(self) -> list[tuple[str, str]]:
        """(file, traceback) of DAG files that could not be parsed."""
        return [(e["filename"], e["stack_trace"]) for e in self._pages("/importErrors", "import_errors", {})]

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler run the DAG."""
        self._ask("PATCH", f"/dags/{dag_id}", {"is_paused": False})

    def trigger(
        self, dag_id: str, key: str, *, run_after: datetime | None = None, conf: Mapping[str, Any] | None = None
    ) -> Run:
        """Queue a run of one partition. Queued runs start in the order of `run_after` (aware; now when None)."""
        body: dict[str, Any] = {"logical_date": None, "partition_key": key, "conf": dict(conf or {})}
        if run_after:
            body["run_after"] = run_after.isoformat()
        return _run(self._ask("POST", f"/dags/{dag_id}/dagRuns", body))

    def backfill(
        self,
        dag_id: str,
        first: datetime,
        last: datetime,
        *,
        conf: Mapping[str, Any],
        at_once: int,
        again: Literal["none", "failed", "completed"],
    ) -> list[str]:
        """Create a backfill of the partitions dated between two instants; returns the keys that it runs.

        `again` says which days are run although they ran before: none, those that failed, or all that ended.
        """
        body = {
            "dag_id": dag_id,
            "from_date": first.isoformat(),
            "to_date": last.isoformat(),
            "dag_run_conf": dict(conf),
            "max_active_runs": at_once,
            "reprocess_behavior": again,
        }
        planned = self._ask("POST", "/backfills/dry_run", body)["backfills"]
        if planned:
            self._ask("POST", "/backfills", body)
        return [run["partition_key"] for run in planned]

    def keep_connection(self, connection_id: str, *, host: str, password: str, login: str = "") -> None:
        """Create an Airflow connection, or change it to this."""
        body = {"connection_id": connection_id, "conn_type": "http", "host": host, "login": login, "password": password}
        if not self._send("PATCH", f"/connections/{connection_id}", body).is_success:
            self._ask("POST", "/connections", body)

    def runs(self, dag_id: str = "~", *, since: datetime | None = None) -> list[Run]:
        """Runs, oldest first: of one DAG or of all ("~"), those that changed since a moment or all."""
        given = {"order_by": "id"} | _since(since)
        return [_run(run) for run in self._pages(f"/dags/{dag_id}/dagRuns", "dag_runs", given)]

    def run(self, dag_id: str, run_id: str) -> Run:
        """One run as it stands now."""
        return _run(self._ask("GET", f"/dags/{dag_id}/dagRuns/{run_id}"))

    def tasks(self, run: Run | None = None, *, since: datetime | None = None) -> list[Task]:
        """The task instances of a run, or of all runs; those that changed since a moment, or all."""
        path = f"/dags/{run.dag_id}/dagRuns/{run.run_id}" if run else "/dags/~/dagRuns/~"
        return [_task(task) for task in self._pages(f"{path}/taskInstances", "task_instances", _since(since))]

    def log(self, task: Task) -> list[str]:
        """The lines that the last try of the task logged, errors with their message."""
        path = f"/dags/{task.dag_id}/dagRuns/{task.run_id}/taskInstances/{task.task_id}/logs/{max(task.tries, 1)}"
        answer = self._send("GET", path, query={"map_index": task.map_index, "full_content": True})
        if not answer.is_success:
            return []
        content = answer.json().get("content", [])
        return [line for item in content for line in _log_lines(item)]

    def _pages(self, path: str, name: str, given: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        offset = 0
        while True:
            answer = self._ask("GET", path, query={**given, "limit": PAGE, "offset": offset})
            yield from answer[name]
            offset += len(answer[name])
            if not answer[name] or offset >= answer["total_entries"]:
                return

    def _ask(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> Any:
        answer = self._send(method, path, body, query)
        if not answer.is_success:
            raise LocalFailure(f"Airflow answered {answer.status_code} to {method} {path}: {_detail(answer)}")
        return answer.json() if answer.content else None

    def _send(self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None) -> httpx.Response:
        try:
            answer = self._client.request(method, f"/api/v2{path}", json=body, params=query)
            if answer.status_code == httpx.codes.UNAUTHORIZED:  # no token yet, or it ran out
                self._authenticate()
                answer = self._client.request(method, f"/api/v2{path}", json=body, params=query)
        except httpx.HTTPError as error:
            raise LocalFailure(
                f"Airflow at {self._client.base_url} does not answer ({error}). "
                "See `counterpitch status`; start it with `counterpitch up`."
            ) from error
        return answer

    def _authenticate(self) -> None:
        answer = self._client.post("/auth/token", json=self._login)
        if not answer.is_success:
            raise LocalFailure(
                "Airflow does not accept the login in the state folder. `counterpitch down`, then `counterpitch up`."
            )
        self._client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"


def _run(found: Mapping[str, Any]) -> Run:
    return Run(
        dag_id=found["dag_id"],
        run_id=found["dag_run_id"],
        key=found["partition_key"],
        state=found["state"],
        run_type=found["run_type"],
        queued=_time(found["queued_at"]),
        started=_time(found["start_date"]),
        ended=_time(found["end_date"]),
    )


def _task(found: Mapping[str, Any]) -> Task:
    return Task(
        dag_id=found["dag_id"],
        run_id=found["dag_run_id"],
        task_id=found["task_id"],
        map_index=found["map_index"],
        label=found["rendered_map_index"],
        state=found["state"],
        tries=found["try_number"],
    )


def _since(moment: datetime | None) -> dict[str, str]:
    return {"updated_at_gte": moment.isoformat()} if moment else {}


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])[:500]
    except (ValueError, KeyError, TypeError):
        return answer.text[:500]


def _log_lines(item: Any) -> list[str]:
    """Structured lines carry an event, and a failed task the exception in parts."""
    if not isinstance(item, dict):
        return [str(item)]
    errors = [f"{error.get('exc_type')}: {error.get('exc_value')}" for error in item.get("error_detail") or []]
    return [str(item.get("event", "")), *errors]
