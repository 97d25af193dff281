select coalesce(array_agg(distinct market_id order by market_id), '{}')
from core.market_brand where brand_id = any(%(brands)s)
