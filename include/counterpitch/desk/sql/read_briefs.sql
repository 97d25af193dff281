-- The briefs of the newest slice on or before the day, or the one asked for as it was written last by then, with what a
-- person decided, and, where its persona or theme has another name by now, the title that it was decided under.
select b.partition_key as day, b.brief_id, b.rank, b.title, b.persona_id, b.theme_id, b.story, b.evidence, b.numbers,
       b.body_md, b.writer, p.name as persona, t.label as theme,
       coalesce(d.decision, 'waiting') as decision, d.decided_by, d.reason, d.decided_at,
       case when (then_.theme, then_.persona) is distinct from (b.story->>'theme', b.story->>'persona') then then_.title
       end as decided_title
from mart.brief b
left join mart.persona p using (market_id, partition_key, persona_id)
left join mart.theme t using (market_id, partition_key, theme_id)
left join mart.brief_decision d using (market_id, brief_id)
left join lateral (
    select o.title, o.story->>'theme' as theme, o.story->>'persona' as persona
    from mart.brief o
    where o.market_id = b.market_id and o.brief_id = b.brief_id and o.partition_key <= d.decided_at::date
      and d.decision <> 'expired'
    order by o.partition_key desc
    limit 1
) then_ on true
where b.market_id = %(market_id)s
  and (%(brief_id)s::text is null or b.brief_id = %(brief_id)s)
  and b.partition_key = (
      select max(partition_key) from mart.brief
      where market_id = %(market_id)s and partition_key <= %(day)s
        and (%(brief_id)s::text is null or brief_id = %(brief_id)s)
  )
order by b.rank, b.brief_id
limit %(limit)s;
