select quarantine_id, source, brand_id, kind, partition_key, stage, row_ref, expectation, column_name, value, reason
from ops.quarantine
where status = 'held' and (%(brands)s::text[] is null or brand_id = any(%(brands)s))
order by held_at desc, quarantine_id desc
limit %(limit)s
