select text_hash from mart.reading
where market_id = %(market_id)s and text_hash = any(%(texts)s) and status <> 'pending'
