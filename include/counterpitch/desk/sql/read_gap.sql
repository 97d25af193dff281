-- One cell of the matrix, with its counts brand by brand.
select g.partition_key as day, g.persona_id, p.name as persona, p.summary, g.theme_id, t.label as theme,
       g.our_ads, g.their_ads, g.our_messages, g.their_messages, g.our_total, g.their_total, g.their_brands, g.our_share, g.their_share,
       g.difference, g.difference_low, g.difference_high, g.by_brand, g.kind, g.rank
from mart.gap g
join mart.persona p using (market_id, partition_key, persona_id)
join mart.theme t using (market_id, partition_key, theme_id)
where g.market_id = %(market_id)s
  and g.persona_id = %(persona_id)s
  and g.theme_id = %(theme_id)s
  and g.partition_key = (
      select max(partition_key) from mart.gap where market_id = %(market_id)s and partition_key <= %(day)s
  );
