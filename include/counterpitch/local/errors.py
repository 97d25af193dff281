"""The one failure that the local stack raises: a sentence that says what happened and what to do."""

from __future__ import annotations


class LocalFailure(RuntimeError):
    """The local stack could not do what was asked. The first line is the message; further lines are evidence."""
