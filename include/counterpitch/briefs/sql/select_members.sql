-- The pillar values of each theme beside the persona their text speaks to, on the aggregated day.
select pm.persona_id, tm.theme_id, tm.text_hash, tm.field, tm.position, tm.similarity, pm.basis
from mart.persona_member pm
join mart.theme_member tm using (market_id, partition_key, text_hash)
where pm.market_id = %(market_id)s and pm.partition_key = %(gap_day)s::date
order by pm.persona_id, tm.theme_id, tm.text_hash, tm.field, tm.position
