"""The two kinds of failure that the scheduler must tell apart. Light, because policy.py is parsed with every DAG.

A package's own errors derive from one of these; the name says what happened, the message what to do.
"""

from __future__ import annotations


class Transient(RuntimeError):
    """The same call may succeed later: a platform throttles, a connection broke. Retried by policy."""


class Permanent(RuntimeError):
    """The same call fails the same way again: a spent budget, a bad token, refused data. Never retried."""
