-- The days on which a brand of the market was looked at, newest first.
select distinct c.partition_key as day
from ops.coverage c
join core.market_brand mb on mb.brand_id = c.brand_id
where mb.market_id = %(market_id)s
  and c.kind = 'ads'
  and c.state in ('ok', 'empty')
order by day desc
limit 400;
