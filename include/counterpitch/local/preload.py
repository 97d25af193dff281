"""Imported once by the process that LocalExecutor forks its workers from, so that tasks find it loaded.

Great Expectations, pandas, scikit-learn and LightGBM take seconds to import, and a first run has over a hundred
tasks: without this most of its time would be imports. The memory is shared by all workers. Only libraries stand
here, none of our own modules: a task must run the code that is on disk now. Importing starts no OpenMP
thread, which is what a fork would not survive; OPENBLAS_NUM_THREADS=1 keeps numpy from starting its own.
"""

from __future__ import annotations

import contextlib
import gc
import logging
from importlib import import_module

LIBRARIES = (
    "airflow.executors.local_executor",
    "airflow.sdk.execution_time.supervisor",
    "airflow.sdk.execution_time.task_runner",
    "psycopg2.extras",
    "pandas",
    "scipy.stats",
    "scipy.sparse.linalg",
    "sklearn.cluster",
    "sklearn.decomposition",
    "sklearn.feature_extraction.text",
    "sklearn.linear_model",
    "sklearn.metrics",
    "lightgbm",
    "great_expectations",
)

logging.disable(logging.INFO)
for _library in LIBRARIES:
    with contextlib.suppress(ImportError):  # the task that needs it says so, in its own log
        import_module(_library)
logging.disable(logging.NOTSET)
gc.collect()
gc.freeze()  # the collector leaves what is here alone, so that workers go on sharing the pages
