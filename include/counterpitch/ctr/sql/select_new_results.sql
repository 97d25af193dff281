-- Own results of the days after a model was trained, up to the partition day, one row an ad.
select
    r.ad_key, r.brand_id, t.clean_text, t.title, t.body, t.description, t.call_to_action, t.language,
    a.media_type, a.platforms, min(r.result_date) as day,
    sum(r.impressions)::bigint as impressions, sum(r.clicks)::bigint as clicks
from core.ad_result_daily r
join core.ad a using (ad_key)
join core.ad_text t on t.text_hash = a.text_hash
where r.result_date > %(after)s and r.result_date <= %(partition_key)s and r.clicks <= r.impressions
group by r.ad_key, r.brand_id, t.text_hash, a.media_type, a.platforms
order by r.ad_key;
