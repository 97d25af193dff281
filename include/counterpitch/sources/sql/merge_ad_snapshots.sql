-- The same content again in this sweep is counted; the same content in a later sweep is seen again.
insert into raw.ad_snapshot as s
    (source, brand_id, ad_id, partition_key, content_hash, shape, payload, copies, observed_at, seen_at)
select %(source)s, %(brand_id)s, ad_id, %(partition_key)s, content_hash, min(shape), (array_agg(payload))[1],
       sum(copies), %(observed_at)s, %(observed_at)s
from (select *, encode(sha256(convert_to(shape || ' ' || payload::text, 'UTF8')), 'hex') as content_hash
      from load_ad_snapshot) hashed
group by ad_id, content_hash
on conflict (source, brand_id, partition_key, ad_id, content_hash) do update set
    copies = excluded.copies + case when s.seen_at = excluded.seen_at then s.copies else 0 end,
    seen_at = excluded.seen_at
