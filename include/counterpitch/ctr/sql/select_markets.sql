-- Markets that hold any of the brands, with the brand whose ads the predictions are for.
select distinct m.market_id, m.own_brand_id
from core.market m
join core.market_brand mb using (market_id)
where mb.brand_id = any(%(brands)s)
order by m.market_id;
