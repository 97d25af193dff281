-- A marketer's changes to the themes or personas of a market.
select subject_id, action, value
from mart.curation
where market_id = %(market_id)s and kind = %(kind)s
order by subject_id, action
