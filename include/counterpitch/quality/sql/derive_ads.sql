-- core.ad of these brands, from all days that were seen: the order in which days were run does not matter.
-- An ad has stopped where the platform says so, or where a later listing that should show it does not; days
-- without a listing of its brand or page say nothing.
with touched as (
    -- An ad may have gone from these brands' days and still be shown on another brand's.
    select ad_key from core.ad_seen_daily where brand_id = any(%(brands)s)
    union
    select ad_key from core.ad where brand_id = any(%(brands)s)
), gone as (
    delete from core.ad a
    where a.brand_id = any(%(brands)s)
      and not exists (select from core.ad_seen_daily s where s.ad_key = a.ad_key)
), ad as (
    select s.ad_key,
           min(s.source) as source,
           min(s.ad_id) as ad_id,
           core.last_known(s.brand_id order by s.partition_key, s.brand_id) as brand_id,
           core.last_known(s.page_id order by s.partition_key, s.brand_id) as page_id,
           core.last_known(s.text_hash order by s.partition_key, s.brand_id) as text_hash,
           core.last_known(s.media_type order by s.partition_key, s.brand_id) as media_type,
           core.last_known(nullif(s.platforms, '{}') order by s.partition_key, s.brand_id) as platforms,
           core.last_known(nullif(s.countries, '{}') order by s.partition_key, s.brand_id) as countries,
           core.last_known(s.landing_url order by s.partition_key, s.brand_id) as landing_url,
           core.last_known(s.public_url order by s.partition_key, s.brand_id) as public_url,
           core.last_known(s.delivery_start order by s.partition_key, s.brand_id) as delivery_start,
           core.last_known(s.delivery_stop order by s.partition_key, s.brand_id) as delivery_stop,
           core.last_known(s.variants order by s.partition_key, s.brand_id) as variants,
           core.last_known(s.reach order by s.partition_key, s.brand_id) as reach,
           min(least(s.partition_key, s.seen_from)) as first_seen,
           max(greatest(s.partition_key, s.seen_until)) as last_seen,
           max(s.partition_key) filter (where s.is_active) as last_active,
           count(distinct s.partition_key) as days_seen,
           min(s.page_rank) as best_rank
    from core.ad_seen_daily s join touched using (ad_key)
    group by s.ad_key
), shown_by as (
    select distinct brand_id from ad
), whole_listing as (
    select source, brand_id, max(partition_key) as listed_on
    from ops.coverage
    where kind = 'ads' and state in ('ok', 'empty') and listing = 'brand' and brand_id in (select brand_id from shown_by)
    group by source, brand_id
), page_list as (
    select s.source, s.brand_id, s.page_id, s.partition_key as day, count(*) as shown
    from core.ad_seen_daily s
    join ops.coverage c using (source, brand_id, partition_key)
    where c.kind = 'ads' and c.state = 'ok' and c.listing = 'pages'
      and s.brand_id in (select brand_id from shown_by)
    group by s.source, s.brand_id, s.page_id, s.partition_key
), sized as (
    select p.*, lag(shown) over days as before, lead(shown) over days as after
    from page_list p
    window days as (partition by source, brand_id, page_id order by day)
), page_listing as (
    -- A list that is less than half as long as those before and after it broke off (see derive_events): what it shows
    -- is shown, and what it lacks it does not speak of.
    select source, brand_id, page_id, max(day) as looked_on,
           max(day) filter (where not coalesce(
               before >= 10 and shown < 0.5 * before and shown < 0.5 * coalesce(after, before), false)) as listed_on
    from sized
    group by source, brand_id, page_id
), judged as (
    select a.*, greatest(w.listed_on, case when a.page_id is null then o.listed_on else p.listed_on end) as listed_on,
           case when a.page_id is null then o.looked_on else p.looked_on end as looked_on
    from ad a
    left join whole_listing w using (source, brand_id)
    left join page_listing p using (source, brand_id, page_id)
    left join (select source, brand_id, max(listed_on) as listed_on, max(looked_on) as looked_on
               from page_listing group by source, brand_id) o
        using (source, brand_id)
), ended as (
    -- A delivery that stopped and was seen active on a later day has been taken up again.
    select j.*, case when j.delivery_stop < j.last_active then null else j.delivery_stop end as ends_on
    from judged j
)
insert into core.ad as stored
    (ad_key, source, ad_id, brand_id, text_hash, media_type, platforms, countries, landing_url, public_url,
     first_seen, last_seen, delivery_start, delivery_stop, running_days, days_seen, variants, reach, best_rank, status)
select ad_key, source, ad_id, brand_id, text_hash, media_type,
       coalesce(platforms, '{}'), coalesce(countries, '{}'), landing_url, public_url,
       first_seen, last_seen, delivery_start, ends_on,
       greatest(1, coalesce(ends_on, last_seen) - coalesce(delivery_start, first_seen) + 1),
       days_seen, variants, reach, best_rank,
       case when ends_on < greatest(listed_on, last_seen) then 'stopped'
            when listed_on > last_seen then 'stopped'
            when last_seen in (listed_on, looked_on) then 'active'
            else 'unknown' end
from ended
on conflict (ad_key) do update set
    brand_id = excluded.brand_id, text_hash = excluded.text_hash, media_type = excluded.media_type,
    platforms = excluded.platforms, countries = excluded.countries, landing_url = excluded.landing_url,
    public_url = excluded.public_url, first_seen = excluded.first_seen, last_seen = excluded.last_seen,
    delivery_start = excluded.delivery_start, delivery_stop = excluded.delivery_stop,
    running_days = excluded.running_days, days_seen = excluded.days_seen, variants = excluded.variants,
    reach = excluded.reach, best_rank = excluded.best_rank, status = excluded.status,
    variant_group = case when excluded.text_hash is not null then stored.variant_group end
