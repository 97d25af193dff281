#!/bin/sh
# Runs before all other parts at each `docker compose up`: Airflow's tables and pools, the warehouse's tables,
# the login. Safe to repeat.
set -eu

python -m counterpitch.local.prepare
python -m counterpitch migrate

# Airflow's simple login reads a JSON file; the password never stands in a command line.
umask 077
python - <<'PYTHON'
import json
import os
from pathlib import Path

Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]).write_text(
    json.dumps({"admin": os.environ["COUNTERPITCH_ADMIN_PASSWORD"]}) + "\n"
)
PYTHON
echo "Ready."
