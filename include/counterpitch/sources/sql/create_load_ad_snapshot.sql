create temp table load_ad_snapshot (ad_id text, shape text, payload jsonb, copies integer) on commit drop
