-- The theme of each text: that of its nearest need, else of its nearest feature.
select distinct on (text_hash) text_hash, theme_id as cluster, field as basis
from mart.theme_member
where market_id = %(market_id)s and partition_key = %(partition_key)s
order by text_hash, (field = 'customer_need') desc, similarity desc, theme_id;
