-- The pillars of one text, in the order in which a reader meets their quotes.
select field, position, value, quote, quote_start, quote_end
from mart.pillar
where market_id = %(market_id)s and text_hash = %(text_hash)s
order by quote_start nulls last, quote_end, field, position;
