"""The stand-in server's batch service: files and batches as OpenAI's Batch API has them, with its ways to go wrong.

A batch is worked on until somebody calls `finish`; the answers are those of the stand-in's script, counted in its
books like those of direct calls. Wire shape: https://platform.openai.com/docs/api-reference/batch.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response

Complete = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass
class Batches:
    """The service's files and batches.

    refuse: the status with which new batches are turned down. bills: whether an ended batch says what it used.
    """

    complete: Complete
    refuse: int | None = None
    bills: bool = True
    files: dict[str, str] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)

    def finish(self, status: str = "completed", *, answered: int | None = None, errors: int = 0) -> None:
        """End what is worked on: the first `answered` requests (all) are answered, `errors` more have an error line.

        status: completed, expired, cancelled, or failed, which answers nothing.
        """
        for batch in self.batches.values():
            if batch["status"] == "in_progress":
                self._end(batch, status, answered, errors)

    def _end(self, batch: dict[str, Any], status: str, answered: int | None, errors: int) -> None:
        batch["status"] = status
        if status == "failed":
            batch["errors"] = {"object": "list", "data": [{"code": "invalid", "message": "the file was not accepted"}]}
            return
        requests = [json.loads(line) for line in self.files[batch["input_file_id"]].rstrip("\n").split("\n")]
        done = len(requests) - errors if answered is None else answered
        told = [_line(r, 200, self.complete(r["body"])) for r in requests[:done]]
        wrong = [_line(r, 400, {"error": {"message": "this request cannot be done"}}) for r in requests[done:][:errors]]
        for name, lines in (("output_file_id", told), ("error_file_id", wrong)):
            if lines:
                batch[name] = self._keep("\n".join(lines) + "\n")
        if self.bills:
            batch["usage"] = _usage([json.loads(line)["response"]["body"] for line in told])

    def _keep(self, text: str) -> str:
        name = f"file-{len(self.files) + 1}"
        self.files[name] = text
        return name

    def _open(self, said: dict[str, Any]) -> dict[str, Any]:
        batch_id = f"batch_{len(self.batches) + 1}"
        self.batches[batch_id] = {
            "id": batch_id,
            "object": "batch",
            "endpoint": said["endpoint"],
            "completion_window": said["completion_window"],
            "input_file_id": said["input_file_id"],
            "metadata": said.get("metadata"),
            "status": "in_progress",
            "created_at": len(self.batches),
        }
        return self.batches[batch_id]

    def routes(self) -> APIRouter:
        """POST /v1/files, GET /v1/files/ID/content, POST and GET /v1/batches, GET /v1/batches/ID."""
        router = APIRouter(prefix="/v1")

        @router.post("/files")
        async def upload(request: Request) -> dict[str, Any]:
            form = await request.form()
            file: Any = form["file"]
            name = self._keep((await file.read()).decode())
            told = {"id": name, "object": "file", "bytes": len(self.files[name]), "filename": file.filename}
            return told | {"created_at": 0, "purpose": str(form["purpose"]), "status": "processed"}

        @router.get("/files/{name}/content")
        async def content(name: str) -> Response:
            if name not in self.files:
                return JSONResponse({"error": {"message": "no such file"}}, status_code=404)
            return PlainTextResponse(self.files[name])

        @router.post("/batches", response_model=None)
        async def create(request: Request) -> Response | dict[str, Any]:
            said = await request.json()
            if self.refuse:
                return JSONResponse({"error": {"message": "no batches here"}}, status_code=self.refuse)
            return self._open(said)

        @router.get("/batches")
        async def find() -> dict[str, Any]:
            return {"object": "list", "data": list(self.batches.values())[::-1], "has_more": False}

        @router.get("/batches/{batch_id}", response_model=None)
        async def retrieve(batch_id: str) -> Response | dict[str, Any]:
            if batch_id not in self.batches:
                return JSONResponse({"error": {"message": "no such batch"}}, status_code=404)
            return self.batches[batch_id]

        return router


def _usage(completions: list[dict[str, Any]]) -> dict[str, Any]:
    asked = sum(each["usage"]["prompt_tokens"] for each in completions)
    answered = sum(each["usage"]["completion_tokens"] for each in completions)
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    return {"input_tokens": asked, "output_tokens": answered, "total_tokens": asked + answered} | details


def _line(request: dict[str, Any], status: int, body: dict[str, Any]) -> str:
    response = {"status_code": status, "request_id": "", "body": body}
    return json.dumps({"id": "", "custom_id": request["custom_id"], "response": response, "error": None})
