select s.ad_key, s.brand_id, s.ctr
from mart.ad_score s
where s.market_id = %(market_id)s and s.partition_key = %(partition_key)s and s.ad_key like 'sandbox:%%'
order by s.ad_key;
