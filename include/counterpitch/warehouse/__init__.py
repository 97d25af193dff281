"""The one door to Postgres: connections, slice writes, bulk COPY, migrations."""
