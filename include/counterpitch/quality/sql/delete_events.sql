delete from core.ad_event where brand_id = any(%(brands)s)
