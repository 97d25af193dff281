"""The embedded stack: Postgres from a wheel and the Airflow processes, on this machine alone."""
