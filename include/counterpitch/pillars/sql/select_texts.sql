-- The distinct readable texts that the day's ads of these brands carry, in each market that holds the brand.
-- One row per (market, text): its variant group, and what puts it before others: the champion's prediction on
-- this day where there is one, else how long the ad has run (a proxy, never mixed with the prediction).
select mb.market_id,
       t.text_hash,
       min(coalesce(a.variant_group, t.text_hash)) as variant_group,
       max(s.ctr) as ctr,
       max(coalesce(a.running_days, 0)) as running_days
from core.ad_seen_daily seen
join core.ad_text t on t.text_hash = seen.text_hash and t.readable
join core.market_brand mb on mb.brand_id = seen.brand_id
left join core.ad a on a.ad_key = seen.ad_key
left join mart.ad_score s
  on s.market_id = mb.market_id and s.partition_key = seen.partition_key and s.ad_key = seen.ad_key
where seen.partition_key = %(partition_key)s and seen.brand_id = any(%(brands)s)
group by mb.market_id, t.text_hash
order by max(s.ctr) desc nulls last, max(coalesce(a.running_days, 0)) desc, t.text_hash, mb.market_id
