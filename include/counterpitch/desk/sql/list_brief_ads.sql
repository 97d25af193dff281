-- The ads of the market that a brief's text names by key, between backticks.
select a.ad_key
from core.ad a
join core.market_brand mb using (brand_id)
where mb.market_id = %(market_id)s
  and a.ad_key = any (array(select m[1] from regexp_matches(%(body)s, '`([^`\n]+)`', 'g') as m));
