-- The texts of each persona of the day itself (asked first: a re-run keeps its ids), of the latest day before,
-- or, where there is none before, of the earliest after (a backfill walks from the past towards a known day).
with days as (
    select 1 as step, %(partition_key)s::date as partition_key
    union all
    select 2, max(partition_key) from mart.persona
    where market_id = %(market_id)s and partition_key < %(partition_key)s::date
    union all
    select 3, min(partition_key) from mart.persona
    where market_id = %(market_id)s and partition_key > %(partition_key)s::date
)
select d.step, m.persona_id as id, m.text_hash
from days d
join mart.persona_member m on m.market_id = %(market_id)s and m.partition_key = d.partition_key
where m.basis = 'named'
order by d.step, m.persona_id, m.text_hash
