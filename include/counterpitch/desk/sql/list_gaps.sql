-- Every cell of the persona x theme matrix in the newest slice on or before the day, names beside the ids.
select g.partition_key as day, g.persona_id, p.name as persona, p.ads as persona_ads,
       g.theme_id, t.label as theme, t.ads as theme_ads,
       g.our_ads, g.their_ads, g.our_messages, g.their_messages, g.our_total, g.their_total, g.their_brands, g.our_share, g.their_share,
       g.difference, g.difference_low, g.difference_high, g.kind, g.rank
from mart.gap g
join mart.persona p using (market_id, partition_key, persona_id)
join mart.theme t using (market_id, partition_key, theme_id)
where g.market_id = %(market_id)s
  and not p.muted and not t.muted
  and g.partition_key = (
      select max(partition_key) from mart.gap where market_id = %(market_id)s and partition_key <= %(day)s
  )
order by g.rank nulls last, p.ads desc, t.ads desc, g.persona_id, g.theme_id;
