"""Keep the providers' API keys out of what is kept, logged and raised, even where a server says its key back.

LangChain and the providers' clients read their keys from the environment and put them into nothing but a header. A
gateway may quote one in an error, and that goes into logs of retries, the ledger and a task's exception, so it is
taken out of the error itself, before anything else sees it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from counterpitch.secrecy import hide

NAMES = ("_API_KEY", "_API_TOKEN", "_ACCESS_KEY")  # how the variables end from which LangChain's packages read keys


def without_keys(text: str) -> str:
    """The text without any key of this environment, in any spelling that `secrecy.hide` knows."""
    keys = [value for name, value in os.environ.items() if name.endswith(NAMES)]
    return hide(text.encode(errors="surrogatepass"), keys).decode(errors="surrogatepass") if keys else text


@contextmanager
def unspoken() -> Iterator[None]:
    """What is raised inside says no key, nor does what caused it. Also a decorator."""
    try:
        yield
    except Exception as error:
        told: BaseException | None = error
        while told:
            told.args = tuple(without_keys(each) if isinstance(each, str) else each for each in told.args)
            told = told.__cause__ or told.__context__
        raise
