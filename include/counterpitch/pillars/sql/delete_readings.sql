-- The pillars of a reading go with it.
delete from mart.reading where market_id = %(market_id)s and text_hash = any(%(texts)s)
