-- The briefs of the latest written day up to the key, with what a person decided ('waiting' where nobody did).
select b.brief_id, b.partition_key::text as partition_key, b.rank, b.title, b.story, b.evidence, b.numbers, b.body_md,
    coalesce(d.decision, 'waiting') as decision, d.decided_by, d.reason
from mart.brief b
left join mart.brief_decision d using (market_id, brief_id)
where b.market_id = %(market_id)s
    and b.partition_key = (
        select max(latest.partition_key) from mart.brief latest
        where latest.market_id = %(market_id)s and latest.partition_key <= %(partition_key)s::date
    )
    and (%(status)s::text is null or coalesce(d.decision, 'waiting') = %(status)s)
order by b.rank, b.brief_id
