"""The bundled market on this machine: written once, extended to yesterday at every later run.

Its first day is kept by what was landed, not by a file of ours: the market must go on where it began, also
when the state folder is new and the warehouse is not.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from counterpitch.warehouse import query
from counterpitch.warehouse.connection import transaction

SOURCE = "sandbox"


def holds_own_data() -> bool:
    """Whether ads of anything but the bundled market were landed."""
    with transaction(application="bundled market") as conn:
        return bool(query.scalar(conn, query.sql(__file__, "has_own_data"), {"source": SOURCE}))


def write_bundled(folder: Path, yesterday: date) -> Path:
    """Write the market's files up to `yesterday`, from the day on which it began here; returns the folder."""
    from counterpitch.sandbox.market import write_market

    with transaction(application="bundled market") as conn:
        start = query.scalar(conn, query.sql(__file__, "find_first_landed_day"), {"source": SOURCE})
    write_market(folder, last_day=max(yesterday, start) if start else yesterday, start=start)
    return folder


def load_bundled(folder: Path, progress: Callable[[str, int], None] | None = None) -> dict[str, Any]:
    """Import the market's files and register the market; returns counts. The same bytes again add nothing."""
    import tomllib

    from counterpitch import brands
    from counterpitch.sources import importing

    told = tomllib.loads((folder / "market.toml").read_text(encoding="utf-8"))
    with transaction(application="bundled market") as conn:
        for brand in told["brands"]:
            brands.register_brand(conn, brand["name"], brand_id=brand["brand_id"], homepage=brand["homepage"])
            brands.register_page(conn, brand["source"], brand["page_id"], brand["brand_id"], brand["page_name"])
    files = []
    for path in sorted(folder.glob("ads-*.csv")):
        files += importing.import_ads(path, progress=progress).files
    files += importing.import_results(folder / "results.csv", progress=progress).files
    files += importing.import_experiments(folder / "experiments.csv", owner="own", progress=progress).files
    market = told["market"]
    with transaction(application="bundled market") as conn:
        brands.register_market(
            conn,
            market["name"],
            market["own_brand"],
            [brand["brand_id"] for brand in told["brands"] if brand["role"] == "competitor"],
            countries=market["countries"],
            languages=market["languages"],
        )
    return {"files": len(files), "rows": sum(file.rows_read for file in files if not file.already)}
