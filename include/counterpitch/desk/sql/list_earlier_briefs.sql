-- The briefs that a person decided on which the newest slice on or before the day no longer holds, each as it was
-- written last, newest first.
select * from (
    select distinct on (b.brief_id) b.partition_key as day, b.brief_id, b.title, d.decision, d.decided_at
    from mart.brief b
    join mart.brief_decision d using (market_id, brief_id)
    where b.market_id = %(market_id)s and b.partition_key <= %(day)s and d.decision <> 'expired'
    order by b.brief_id, b.partition_key desc
) last
where day < (
    select max(partition_key) from mart.brief where market_id = %(market_id)s and partition_key <= %(day)s
)
order by day desc, brief_id
limit %(limit)s;
