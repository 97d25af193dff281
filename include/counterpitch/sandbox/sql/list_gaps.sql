select persona_id, theme_id, kind, rank, our_ads, their_ads, difference
from mart.gap
where market_id = %(market_id)s and partition_key = %(partition_key)s
order by rank nulls last, difference, persona_id, theme_id;
