-- The quoted features of each theme on the aggregated day, whoever says them.
select tm.theme_id, tm.text_hash, tm.position
from mart.theme_member tm
where tm.market_id = %(market_id)s and tm.partition_key = %(gap_day)s::date and tm.field = 'product_feature'
order by tm.theme_id, tm.text_hash, tm.position
