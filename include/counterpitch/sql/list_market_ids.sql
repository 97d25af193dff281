-- The ids of all markets, in order.
select market_id from core.market order by market_id
