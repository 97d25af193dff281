-- Briefs of each market's latest written day up to the key that nobody has approved or rejected yet.
select b.market_id, b.brief_id, b.partition_key::text as partition_key, b.title, b.body_md
from mart.brief b
left join mart.brief_decision d using (market_id, brief_id)
where b.market_id = any(%(markets)s)
  and b.partition_key = (
      select max(latest.partition_key) from mart.brief latest
      where latest.market_id = b.market_id and latest.partition_key <= %(partition_key)s
  )
  and (d.decision is null or d.decision = 'expired')
order by b.market_id, b.rank
