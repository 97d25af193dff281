-- The page that a sweep has in hand goes to raw.ad_snapshot, and its place becomes the sweep's: all or nothing.
with page as (delete from raw.arrived_page where name = %(name)s returning place, records),
hashed as (
    select ad_id, shape, payload, copies, (place->>'observed_at')::timestamptz as observed_at,
           encode(sha256(convert_to(shape || ' ' || payload::text, 'UTF8')), 'hex') as content_hash
    from page, jsonb_to_recordset(records::jsonb) as r(ad_id text, shape text, payload jsonb, copies integer)),
merged as (
    insert into raw.ad_snapshot as s
        (source, brand_id, ad_id, partition_key, content_hash, shape, payload, copies, observed_at, seen_at)
    select %(source)s, %(brand_id)s, ad_id, %(partition_key)s, content_hash, min(shape), (array_agg(payload))[1],
           sum(copies), min(observed_at), min(observed_at)
    from hashed
    group by ad_id, content_hash
    on conflict (source, brand_id, partition_key, ad_id, content_hash) do update set
        copies = excluded.copies + case when s.seen_at = excluded.seen_at then s.copies else 0 end,
        seen_at = excluded.seen_at)
insert into ops.watermark (name, value, updated_at)
select %(name)s, place, now() from page
on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at
