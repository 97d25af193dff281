-- Our own ads with their results up to the partition day, one row an ad. Words and format come from core.ad.
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
    a.media_type,
    a.platforms,
    coalesce(a.delivery_start, r.first_day) as day,
    r.impressions::bigint as impressions,
    r.clicks::bigint as clicks,
    r.link_clicks::bigint as link_clicks,
    r.all_link_clicks
from result r
join core.ad a using (ad_key)
join core.ad_text t on t.text_hash = a.text_hash
order by r.ad_key;
