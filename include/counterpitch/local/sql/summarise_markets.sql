-- One row a market: its brands and ads, and what its latest aggregated day found.
with latest as (
    select market_id, max(partition_key) as day from mart.clustering group by market_id
)
select
    market.market_id,
    market.name,
    own.name as own_brand,
    (select count(*) from core.market_brand b where b.market_id = market.market_id and b.role = 'competitor') as competitors,
    (select count(*) from core.ad join core.market_brand b using (brand_id)
     where b.market_id = market.market_id and b.role = 'own') as own_ads,
    (select count(*) from core.ad join core.market_brand b using (brand_id)
     where b.market_id = market.market_id and b.role = 'competitor') as competitor_ads,
    (select count(distinct ad.text_hash) from core.ad join core.market_brand b using (brand_id)
     where b.market_id = market.market_id) as texts,
    latest.day::text as day,
    (select count(*) from mart.pillar p where p.market_id = market.market_id) as pillars,
    (select count(*) from mart.pillar p where p.market_id = market.market_id and p.quote is not null) as quoted,
    (select count(*) from mart.theme t where t.market_id = market.market_id and t.partition_key = latest.day) as themes,
    (select count(*) from mart.persona p
     where p.market_id = market.market_id and p.partition_key = latest.day) as personas,
    (select count(*) from mart.gap g
     where g.market_id = market.market_id and g.partition_key = latest.day and g.kind = 'white_space') as white_space,
    (select count(*) from mart.gap g
     where g.market_id = market.market_id and g.partition_key = latest.day and g.kind = 'behind') as behind,
    (select count(distinct s.ad_key) from mart.ad_score s where s.market_id = market.market_id) as scored,
    (select count(*) from mart.brief b
     where b.market_id = market.market_id and b.partition_key = (
         select max(last.partition_key) from mart.brief last where last.market_id = market.market_id)) as briefs,
    (select b.title from mart.brief b
     where b.market_id = market.market_id
     order by b.partition_key desc, b.rank limit 1) as first_brief
from core.market market
join core.brand own on own.brand_id = market.own_brand_id
left join latest using (market_id)
order by market.market_id
