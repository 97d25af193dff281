-- The briefs of the newest slice on or before the day, with what a person decided.
select b.partition_key as day, b.brief_id, b.rank, b.title, b.persona_id, b.theme_id, b.story, b.writer,
       p.name as persona, t.label as theme,
       coalesce(d.decision, 'waiting') as decision, d.decided_by, d.reason, d.decided_at
from mart.brief b
left join mart.persona p using (market_id, partition_key, persona_id)
left join mart.theme t using (market_id, partition_key, theme_id)
left join mart.brief_decision d using (market_id, brief_id)
where b.market_id = %(market_id)s
  and b.partition_key = (
      select max(partition_key) from mart.brief where market_id = %(market_id)s and partition_key <= %(day)s
  )
order by b.rank, b.brief_id
limit %(limit)s;
