-- Our results of the days that platforms may still restate on this day.
select r.source, r.brand_id, r.ad_key, a.ad_key as known_ad, r.result_date, r.as_of,
       r.impressions, r.clicks, r.link_clicks, r.spend::float8 as spend
from core.ad_result_daily r
left join core.ad a using (ad_key)
where r.brand_id = any(%(brands)s)
  and r.result_date > %(partition_key)s::date - %(days)s::int and r.result_date <= %(partition_key)s
order by r.source, r.brand_id, r.result_date, r.ad_id
