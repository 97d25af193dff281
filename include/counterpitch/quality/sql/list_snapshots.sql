-- What the last whole sweep of the day saw, and what a later one that was interrupted has seen so far.
-- An answer given later about the day comes with the newest one that was given on the day, where there is one.
select s.source, s.brand_id, s.ad_id, s.content_hash, s.shape, s.payload, s.copies, on_the_day.shape, on_the_day.payload
from raw.ad_snapshot s
join ops.coverage c on (c.source, c.brand_id, c.partition_key) = (s.source, s.brand_id, s.partition_key)
left join lateral (
    select d.shape, d.payload from raw.ad_snapshot d
    where s.shape = any(%(past_shapes)s) and d.shape <> all(%(past_shapes)s)
      and (d.source, d.brand_id, d.partition_key, d.ad_id) = (s.source, s.brand_id, s.partition_key, s.ad_id)
    order by d.seen_at desc, d.content_hash
    limit 1
) on_the_day on true
where c.kind = 'ads' and c.state = 'ok' and s.seen_at >= c.observed_at
  and s.partition_key = %(partition_key)s and s.brand_id = any(%(brands)s)
order by s.source, s.brand_id, s.ad_id, s.content_hash
