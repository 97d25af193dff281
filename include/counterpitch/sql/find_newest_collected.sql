-- The newest day up to the key of which anything was collected; null where nothing was.
select max(partition_key)::text
from ops.coverage
where state in ('ok', 'empty') and partition_key <= %(key)s::date;
