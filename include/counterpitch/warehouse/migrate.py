"""Apply the append-only `.sql` migrations, each once, in the order of their names.

yoyo-migrations keeps the record and the lock; a migration that ran is never edited, a new file mends it.
"""

from __future__ import annotations

from pathlib import Path

from yoyo import get_backend, read_migrations

from counterpitch.settings import settings

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate(url: str | None = None) -> list[str]:
    """Bring the warehouse at `url` up to date. Returns the ids of the migrations that were applied now."""
    backend = get_backend(url or settings().warehouse)
    migrations = read_migrations(str(MIGRATIONS))
    try:
        with backend.lock(timeout=60):
            pending = backend.to_apply(migrations)
            applied = [migration.id for migration in pending]
            backend.apply_migrations(pending)
    finally:
        backend.connection.close()
    return applied
