-- Put a brand into a market unless it is there; the role it has there then. No row: there is no such market.
with added as (
    insert into core.market_brand (market_id, brand_id, role)
    select market_id, %(brand_id)s, 'competitor' from core.market where market_id = %(market_id)s
    on conflict (market_id, brand_id) do nothing
    returning role
)
select role from added
union all
select role from core.market_brand where market_id = %(market_id)s and brand_id = %(brand_id)s
