-- The pillar values of each theme on the aggregated day, whoever says them.
select tm.theme_id, tm.text_hash, tm.field, tm.position, tm.similarity
from mart.theme_member tm
where tm.market_id = %(market_id)s and tm.partition_key = %(gap_day)s::date
order by tm.theme_id, tm.text_hash, tm.field, tm.position
