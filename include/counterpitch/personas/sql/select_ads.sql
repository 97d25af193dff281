-- Each ad of the market that a sweep of the window saw: its last words up to the key, and its running days
-- as they were known on the key. Nothing after the key is read, so an old day re-run says what it said.
with window_of_market as (
    select mb.brand_id, mb.role, s.ad_key, max(s.partition_key) as last_seen
    from core.market_brand mb
    join core.ad_seen_daily s using (brand_id)
    where mb.market_id = %(market_id)s
      and s.partition_key > %(partition_key)s::date - %(days)s::integer
      and s.partition_key <= %(partition_key)s::date
    group by mb.brand_id, mb.role, s.ad_key
),
history as (
    select w.brand_id, w.ad_key, min(s.partition_key) as first_seen, min(s.delivery_start) as delivery_start
    from window_of_market w
    join core.ad_seen_daily s using (brand_id, ad_key)
    where s.partition_key <= %(partition_key)s::date
    group by w.brand_id, w.ad_key
),
words as (
    select distinct on (w.brand_id, w.ad_key)
        w.brand_id, w.ad_key, s.text_hash, s.source, s.media_type, s.platforms, s.public_url
    from window_of_market w
    join core.ad_seen_daily s using (brand_id, ad_key)
    where s.partition_key <= %(partition_key)s::date and s.text_hash is not null
    order by w.brand_id, w.ad_key, s.partition_key desc
),
last_sweep as (
    select brand_id, max(last_seen) as swept from window_of_market group by brand_id
)
select w.brand_id, w.role, w.ad_key, t.text_hash, t.source, t.media_type, t.platforms, t.public_url,
    w.last_seen::text as last_seen,
    least(h.first_seen, coalesce(h.delivery_start, h.first_seen))::text as started,
    w.last_seen - least(h.first_seen, coalesce(h.delivery_start, h.first_seen)) + 1 as running_days,
    w.last_seen = l.swept as in_last_sweep
from window_of_market w
join history h using (brand_id, ad_key)
join words t using (brand_id, ad_key)
join last_sweep l using (brand_id)
order by w.brand_id, w.ad_key
