-- The personas of the newest slice on or before the day; pinned ones first, muted ones left out.
select p.partition_key as day, p.persona_id, p.name, p.summary, p.needs, p.quotes, p.texts, p.ads, p.brands,
       p.stability, p.change, p.pinned, n.named
from mart.persona p
left join lateral (
    select count(*) as named
    from mart.persona_member m
    where m.market_id = p.market_id and m.partition_key = p.partition_key and m.persona_id = p.persona_id
      and m.basis = 'named'
) n on true
where p.market_id = %(market_id)s
  and not p.muted
  and p.partition_key = (
      select max(partition_key) from mart.persona where market_id = %(market_id)s and partition_key <= %(day)s
  )
order by p.pinned desc, p.ads desc, p.persona_id
limit %(limit)s;
