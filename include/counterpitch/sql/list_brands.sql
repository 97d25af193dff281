select b.brand_id, b.name, b.homepage,
       coalesce((select array_agg(distinct f.source order by f.source) from core.feed f
                 where f.brand_id = b.brand_id and f.enabled), '{}') as sources,
       (select count(*) from core.page p where p.brand_id = b.brand_id) as pages,
       count(a.ad_key) as ads, min(a.first_seen) as first_seen, max(a.last_seen) as last_seen,
       coalesce((select array_agg(m.market_id order by m.market_id) from core.market_brand m
                 where m.brand_id = b.brand_id), '{}') as markets
from core.brand b left join core.ad a using (brand_id)
group by b.brand_id
order by b.brand_id
