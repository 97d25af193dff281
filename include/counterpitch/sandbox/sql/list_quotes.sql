select text_hash, field, quote
from mart.pillar
where market_id = %(market_id)s and quote is not null
order by text_hash, field, position;
