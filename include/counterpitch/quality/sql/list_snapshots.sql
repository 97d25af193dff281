-- What the last whole sweep of the day saw, and what a later one that was interrupted has seen so far.
select s.source, s.brand_id, s.ad_id, s.content_hash, s.shape, s.payload, s.copies
from raw.ad_snapshot s
join ops.coverage c on (c.source, c.brand_id, c.partition_key) = (s.source, s.brand_id, s.partition_key)
where c.kind = 'ads' and c.state = 'ok' and s.seen_at >= c.observed_at
  and s.partition_key = %(partition_key)s and s.brand_id = any(%(brands)s)
order by s.source, s.brand_id, s.ad_id, s.content_hash
