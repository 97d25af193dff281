create temp table if not exists load_ad_snapshot (ad_id text, shape text, payload jsonb, copies integer)
on commit delete rows
