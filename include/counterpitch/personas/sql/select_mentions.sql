-- What each text says, pillar by pillar.
select text_hash, field, position, value, quote
from mart.pillar
where market_id = %(market_id)s and text_hash = any(%(texts)s)
order by text_hash, field, position
