-- The languages of the markets that look at each brand; a brand of a market that names none may speak any.
select mb.brand_id, array_agg(distinct l.language) as languages
from core.market_brand mb
join core.market m using (market_id)
cross join lateral unnest(m.languages) as l (language)
where mb.brand_id = any(%(brands)s)
group by mb.brand_id
having not exists (
    select from core.market_brand x join core.market y using (market_id)
    where x.brand_id = mb.brand_id and y.languages = '{}')
