"""How tasks behave in trouble, for all DAGs: owners, time-outs, pools, and which errors are worth a retry.

Only transient errors are retried, in this one layer: a spent budget, a bad token or a refused row would
fail the same way again, so it fails at once with the sentence that says what to do.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg2
from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule
from airflow.sdk.exceptions import AirflowTaskTimeout

from counterpitch.errors import Transient

POOLS = {
    "collect": (4, "Tasks that ask ad platforms. Lower it when a platform throttles."),
    "llm": (2, "Tasks that call a language model, or read texts in its stead."),
    "compute": (2, "Tasks that hold a core and much memory: training, clustering."),
}

# Everything else fails at the first try: what we do not know is most likely a defect, and the same input
# fails the same way. A name given as text is imported at parse time too, so only light modules may stand here.
RETRIES = ExceptionRetryPolicy(
    rules=[
        RetryRule(exception=Transient, action=RetryAction.RETRY, retry_delay=timedelta(minutes=1)),
        RetryRule(exception=psycopg2.OperationalError, action=RetryAction.RETRY, retry_delay=timedelta(seconds=30)),
        RetryRule(exception=AirflowTaskTimeout, action=RetryAction.RETRY),
    ],
    default=RetryAction.FAIL,
)

DEFAULT_ARGS: dict[str, Any] = {
    "owner": "counterpitch",
    "retries": 3,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=15),
    "retry_policy": RETRIES,
    "execution_timeout": timedelta(minutes=30),
}
