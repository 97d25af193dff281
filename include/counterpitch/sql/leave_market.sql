-- Brands that change their role in the market, or are no longer of it. `keep` lets unnamed competitors stay.
delete from core.market_brand
where market_id = %(market_id)s
  and case role
      when 'own' then brand_id <> %(own)s
      else brand_id = %(own)s or not (%(keep)s or brand_id = any(%(competitors)s))
  end
