-- Brands that are no longer of the market, or change their role in it.
delete from core.market_brand
where market_id = %(market_id)s
  and case role when 'own' then brand_id <> %(own)s else not brand_id = any(%(competitors)s) end
