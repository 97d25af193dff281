"""Rest Python's garbage collector while many small objects are made that are no garbage and hold no cycles.

It walks through all that is new again and again while a page or a list of reasons grows: the walks took longer than
the work. Objects that are dropped meanwhile are freed as ever, by their reference counts.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Without the garbage collector; afterwards it is on where it was on before."""
    on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if on:
            gc.enable()
