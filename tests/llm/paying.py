"""A process of its own that asks a server a number of questions: tests kill it, and run two at once."""

from __future__ import annotations

import sys

from counterpitch.llm.client import Client, Limits
from tests.llm.test_client import questions

if __name__ == "__main__":
    base_url, count = sys.argv[1], int(sys.argv[2])
    client = Client("run", model="openai:test", base_url=base_url, limits=Limits(at_once=4, seconds=60.0))
    answers = client.ask(questions(count))
    print(sum(hasattr(answer, "word") for answer in answers), flush=True)  # noqa: T201 the parent reads it
