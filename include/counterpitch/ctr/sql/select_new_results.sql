-- Own results of the days after a model was trained, up to the partition day, one row an ad, with the words and format
-- that were known by the partition day: a later day cannot change what was measured.
with result as (
    select
        r.ad_key,
        r.brand_id,
        min(r.result_date) as day,
        sum(r.impressions)::bigint as impressions,
        sum(r.clicks)::bigint as clicks,
        case when bool_and(r.link_clicks is not null) then sum(r.link_clicks)::bigint end as link_clicks
    from core.ad_result_daily r
    where r.result_date > %(after)s and r.result_date <= %(partition_key)s and r.clicks <= r.impressions
    group by r.ad_key, r.brand_id
), known as (
    select
        s.ad_key,
        core.last_known(s.text_hash order by s.partition_key, s.brand_id) as text_hash,
        core.last_known(s.media_type order by s.partition_key, s.brand_id) as media_type,
        coalesce(core.last_known(nullif(s.platforms, '{}') order by s.partition_key, s.brand_id), '{}') as platforms
    from core.ad_seen_daily s
    where s.partition_key <= %(partition_key)s and s.ad_key in (select ad_key from result)
    group by s.ad_key
)
select
    r.ad_key, r.brand_id, t.clean_text, t.title, t.body, t.description, t.call_to_action, t.language,
    k.media_type, k.platforms, r.day, r.impressions, r.clicks, r.link_clicks
from result r
join known k using (ad_key)
join core.ad_text t on t.text_hash = k.text_hash
order by r.ad_key, r.brand_id;
