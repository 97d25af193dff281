-- The markets that the reader can choose, by name.
select m.market_id, m.name, b.name as own_brand, m.own_brand_id,
       (select count(*) from core.market_brand mb where mb.market_id = m.market_id and mb.role = 'competitor') as competitors
from core.market m
join core.brand b on b.brand_id = m.own_brand_id
order by m.name, m.market_id;
