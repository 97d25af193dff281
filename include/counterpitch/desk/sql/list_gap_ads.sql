-- What is said to this persona about this theme: one line a brand and quote, the most used first, a few of each side.
select said.*
from (
    select b.brand_id, b.name as brand, mb.role, p.value, p.quote, t.language,
           count(distinct a.ad_key) as ads, min(a.ad_key) as ad_key,
           count(*) over (partition by mb.role) as lines,
           row_number() over (
               partition by mb.role order by count(distinct a.ad_key) desc, b.name, p.value, p.quote
           ) as place
    from mart.persona_member pm
    join mart.theme_member tm using (market_id, partition_key, text_hash)
    join mart.pillar p using (market_id, text_hash, field, position)
    join core.ad_text t using (text_hash)
    join core.ad a using (text_hash)
    join core.market_brand mb on mb.market_id = pm.market_id and mb.brand_id = a.brand_id
    join core.brand b on b.brand_id = a.brand_id
    where pm.market_id = %(market_id)s
      and pm.partition_key = %(day)s
      and pm.persona_id = %(persona_id)s
      and tm.theme_id = %(theme_id)s
    group by b.brand_id, b.name, mb.role, p.value, p.quote, t.language
) said
where place <= %(limit)s
order by role, place;
