-- Our own ads with their results up to the partition day, one row an ad. Words and format are the last that were known
-- by that day (core.ad tells today's), so that training for an old day again gives the same model; an ad that was first
-- seen later is left out.
with result as (
    select
        r.source, r.brand_id, r.ad_id, r.ad_key,
        sum(r.impressions) as impressions,
        sum(r.clicks) as clicks,
        sum(r.link_clicks) as link_clicks,
        bool_and(r.link_clicks is not null) as all_link_clicks,
        min(r.result_date) as first_day
    from core.ad_result_daily r
    where r.result_date <= %(partition_key)s
    group by r.source, r.brand_id, r.ad_id, r.ad_key
), known as (
    select
        s.ad_key,
        core.last_known(s.text_hash order by s.partition_key, s.brand_id) as text_hash,
        core.last_known(s.media_type order by s.partition_key, s.brand_id) as media_type,
        coalesce(core.last_known(nullif(s.platforms, '{}') order by s.partition_key, s.brand_id), '{}') as platforms,
        core.last_known(s.delivery_start order by s.partition_key, s.brand_id) as delivery_start
    from core.ad_seen_daily s
    where s.partition_key <= %(partition_key)s and s.ad_key in (select ad_key from result)
    group by s.ad_key
)
select
    r.ad_key as example_key,
    'ads|' || r.brand_id as group_key,
    'ads|' || r.brand_id as test_key,
    r.brand_id as owner,
    r.brand_id,
    t.clean_text,
    t.title,
    t.body,
    t.description,
    t.call_to_action,
    t.language,
    k.media_type,
    k.platforms,
    coalesce(k.delivery_start, r.first_day) as day,
    r.impressions::bigint as impressions,
    r.clicks::bigint as clicks,
    r.link_clicks::bigint as link_clicks,
    r.all_link_clicks
from result r
join known k using (ad_key)
join core.ad_text t on t.text_hash = k.text_hash
order by r.ad_key;
