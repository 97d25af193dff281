"""One setting names the model: any provider that LangChain has a package for, or the words on what is missing."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from counterpitch.llm.asking import ModelRejected
from counterpitch.llm.client import Client, Limits
from counterpitch.settings import settings
from counterpitch.warehouse.connection import Connection
from tests.llm.conftest import Start
from tests.llm.test_client import ledger, questions, words

MADE: list[dict[str, Any]] = []


class Local(BaseChatModel):
    """What a provider's package holds: a chat model that calls the tool it is given."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        MADE.append(options)

    @property
    def _llm_type(self) -> str:
        return "local"

    def bind_tools(self, tools: Any, *, tool_choice: Any = None, **_: Any) -> Any:
        return self.bind(tools=tools, tool_choice=tool_choice)

    def _generate(self, messages: Any, *_: Any, **options: Any) -> ChatResult:
        said = {"word": str(messages[-1].content).split()[-1]}
        call = {"name": options["tools"][0].__name__, "args": said, "id": "0"}
        usage = {"input_tokens": 5, "output_tokens": 2, "total_tokens": 7}
        message = AIMessage(content="", tool_calls=[call], usage_metadata=usage)
        return ChatResult(generations=[ChatGeneration(message=message)])


@pytest.mark.parametrize(
    ("model", "package", "named", "bound"),
    [
        ("ollama:llama3.1", "langchain_ollama", "ChatOllama", {"num_predict": 4000}),
        (
            "anthropic:claude-haiku-4-5",
            "langchain_anthropic",
            "ChatAnthropic",
            {"max_tokens": 4000, "max_retries": 0, "timeout": 90.0},
        ),
    ],
)
def test_a_provider_is_chosen_by_the_setting_alone_and_told_the_bounds_in_its_words(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, model: str, package: str, named: str, bound: dict[str, Any]
) -> None:
    module = ModuleType(package)
    setattr(module, named, Local)
    monkeypatch.setitem(sys.modules, package, module)
    monkeypatch.setenv("COUNTERPITCH_LLM", model)
    settings.cache_clear()
    MADE.clear()
    assert words(Client("run").ask(questions(2))) == ["0", "1"]
    (options,) = MADE
    assert options == {"model": model.split(":")[1], **bound}
    assert (ledger(conn)["prompt"], ledger(conn)["completion"]) == (10, 4)
    settings.cache_clear()


@pytest.mark.skipif(importlib.util.find_spec("langchain_google_genai") is not None, reason="the package is there")
def test_a_provider_whose_package_is_missing_is_named_with_it(conn: Connection) -> None:
    with pytest.raises(ModelRejected, match=r"langchain.google.genai"):
        Client("run", model="google_genai:gemini-3.5-flash").ask(questions(1))
    assert ledger(conn)["calls"] == 0


def test_a_proxy_by_openais_own_setting_is_used_and_its_client_then_not_ours(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    standin, client = start(limits=Limits(at_once=3, seconds=7.0, tries=1))
    monkeypatch.setenv("OPENAI_PROXY", "http://127.0.0.1:9")  # nothing listens there
    assert words(client.ask(questions(1))) == ["unreachable"]
    assert standin.calls == 0
