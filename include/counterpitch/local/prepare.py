"""Airflow's metadata database, brought up to date in one process: `python -m counterpitch.local.prepare`.

`airflow db migrate` and a `airflow pools set` for each pool would import Airflow four times, three seconds each.
A pool that is there keeps its size: somebody may have changed it in the UI.
"""

from __future__ import annotations


def prepare() -> None:
    """Create or migrate the schema, and add the pools that are missing. Needs Airflow's environment."""
    from airflow.utils.db import upgradedb
    from airflow.utils.providers_configuration_loader import providers_configuration_loaded

    providers_configuration_loaded(upgradedb)()
    _add_pools()


def _add_pools() -> None:
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session

    from counterpitch.policy import POOLS

    with create_session() as session:
        there = {pool.pool for pool in Pool.get_pools(session=session)}
        for name, (slots, description) in POOLS.items():
            if name not in there:
                session.add(Pool(pool=name, slots=slots, description=description, include_deferred=False))


if __name__ == "__main__":
    prepare()
