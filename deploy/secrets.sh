#!/bin/sh
# Prints an .env for docker compose with fresh secrets:  sh deploy/secrets.sh > .env
# Hex only, so that a password may stand in an address.
set -eu

hex() { od -An -N"$1" -tx1 /dev/urandom | tr -d ' \n'; }
base64url() { head -c "$1" /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_'; }

umask 077
echo "# Made by deploy/secrets.sh. Keep it out of git and of backups that others read. .env.example explains each."
echo "COUNTERPITCH_ADMIN_PASSWORD=$(hex 12)"
echo "POSTGRES_PASSWORD=$(hex 24)"
echo "AIRFLOW_DATABASE_PASSWORD=$(hex 24)"
echo "COUNTERPITCH_WAREHOUSE_PASSWORD=$(hex 24)"
echo "COUNTERPITCH_DESK_PASSWORD=$(hex 24)"
echo "REDIS_PASSWORD=$(hex 24)"
echo "AIRFLOW_FERNET_KEY=$(base64url 32)"
echo "AIRFLOW_JWT_SECRET=$(hex 32)"
echo "AIRFLOW_SESSION_SECRET=$(hex 32)"
