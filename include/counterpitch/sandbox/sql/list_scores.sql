select split_part(s.ad_key, ':', 2) as ad_id, s.brand_id, s.ctr
from mart.ad_score s
where s.market_id = %(market_id)s and s.partition_key = %(partition_key)s
order by s.ad_key;
