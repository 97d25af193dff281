#!/bin/sh
# Runs once, when the Postgres volume is new: two databases, an owner for each, and the Desk's role that only reads.
# The official image calls it as a superuser, with POSTGRES_USER and the three passwords in the environment.
set -eu
export PGOPTIONS="--client-min-messages=warning"

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv airflow_password AIRFLOW_DATABASE_PASSWORD
\getenv warehouse_password COUNTERPITCH_WAREHOUSE_PASSWORD
\getenv desk_password COUNTERPITCH_DESK_PASSWORD

select 'create role airflow login' where to_regrole('airflow') is null \gexec
select 'create role counterpitch login' where to_regrole('counterpitch') is null \gexec
select 'create role counterpitch_desk login' where to_regrole('counterpitch_desk') is null \gexec
alter role airflow password :'airflow_password';
alter role counterpitch password :'warehouse_password';
alter role counterpitch_desk password :'desk_password';
alter role counterpitch_desk set default_transaction_read_only = on;
grant pg_read_all_data to counterpitch_desk;

select 'create database airflow owner airflow'
where not exists (select from pg_database where datname = 'airflow') \gexec
select 'create database warehouse owner counterpitch'
where not exists (select from pg_database where datname = 'warehouse') \gexec
-- Airflow's own database holds connections: neither the tasks' role nor the Desk's comes in.
revoke connect on database airflow from public;
revoke connect on database warehouse from public;
grant connect on database warehouse to counterpitch_desk;

\connect warehouse
create extension if not exists vector;
SQL
