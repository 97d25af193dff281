-- Days on which nobody asked, and of which no platform tells any more.
select source, kind, count(distinct partition_key) as days, count(distinct brand_id) as brands,
       min(partition_key)::text as first_day, max(partition_key)::text as last_day, min(message) as message
from ops.coverage
where state = 'lost'
group by source, kind
order by source, kind
