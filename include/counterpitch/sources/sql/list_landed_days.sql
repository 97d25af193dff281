select coalesce(array_agg(distinct partition_key order by partition_key), '{}')
from raw.landed_row
where kind = 'ads' and (%(brands)s::text[] is null or brand_id = any(%(brands)s))
