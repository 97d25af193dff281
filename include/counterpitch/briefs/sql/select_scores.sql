-- What the champion expected of each ad on the latest scored day up to the key, and whose results taught it.
select s.ad_key, s.brand_id, s.ctr, s.ctr_low, s.ctr_high, s.model_id, s.partition_key::text as scored_day,
    m.trained_on
from mart.ad_score s
join ml.model m using (model_id)
where s.market_id = %(market_id)s
    and s.partition_key = (
        select max(latest.partition_key) from mart.ad_score latest
        where latest.market_id = %(market_id)s and latest.partition_key <= %(partition_key)s::date
    )
order by s.ad_key
