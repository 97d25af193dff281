-- Whether a results feed was ever pulled, and the last day before the window that was.
select count(*) > 0 as ever, max(partition_key) filter (where partition_key < %(first)s) as before
from ops.coverage
where source = %(source)s and brand_id = %(brand_id)s and kind = 'results' and state in ('ok', 'empty')
