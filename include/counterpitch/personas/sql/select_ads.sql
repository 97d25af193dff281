-- Each ad of the market that a sweep of the window saw: its last words up to the key, and its running days as they
-- were known on the key. Nothing after the key is read, so an old day re-run says what it said.
-- One pass with windows: joins of the parts were planned as nested loops over ten thousand ads.
with history as (
    select distinct on (s.brand_id, s.ad_key)
        s.brand_id, s.ad_key, s.text_hash, s.source, s.media_type, s.platforms, s.public_url,
        max(s.partition_key) over ad as last_seen,
        least(min(s.partition_key) over ad, min(s.delivery_start) over ad) as started
    from core.ad_seen_daily s
    where s.brand_id = any(array(select brand_id from core.market_brand where market_id = %(market_id)s))
        and s.partition_key <= %(partition_key)s::date
        and s.ad_key = any(array(
            select distinct recent.ad_key from core.ad_seen_daily recent
            where recent.brand_id = any(array(select brand_id from core.market_brand where market_id = %(market_id)s))
                and recent.partition_key > %(partition_key)s::date - %(days)s::integer
                and recent.partition_key <= %(partition_key)s::date
        ))
    window ad as (partition by s.brand_id, s.ad_key)
    order by s.brand_id, s.ad_key, (s.text_hash is null), s.partition_key desc
)
select h.brand_id, h.ad_key, h.text_hash, h.source, h.media_type, h.platforms, h.public_url,
    h.last_seen::text as last_seen, h.started::text as started, h.last_seen - h.started + 1 as running_days,
    h.last_seen = h.swept as in_last_sweep
from (select history.*, max(last_seen) over (partition by brand_id) as swept from history) h
where h.text_hash is not null and h.last_seen > %(partition_key)s::date - %(days)s::integer
order by h.brand_id, h.ad_key
