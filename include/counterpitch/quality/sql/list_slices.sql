-- The slices that a sweep of the day answered for; a failed sweep leaves its slice as it was.
select source, brand_id
from ops.coverage
where partition_key = %(partition_key)s and brand_id = any(%(brands)s) and kind = 'ads'
  and state in ('ok', 'empty')
order by source, brand_id
