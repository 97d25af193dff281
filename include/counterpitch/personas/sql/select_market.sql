-- The market and its brands, our own first.
select m.languages, mb.brand_id, mb.role, b.name
from core.market m
join core.market_brand mb using (market_id)
join core.brand b using (brand_id)
where m.market_id = %(market_id)s
order by mb.role desc, mb.brand_id
