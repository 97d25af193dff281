-- Of these days, those of which no source answered for ads, and no file speaks of them: their collection is all there is.
select day::text as day
from unnest(%(days)s::date[]) as day
where not exists (
    select from ops.coverage c
    where c.kind = 'ads' and c.partition_key = day and c.state in ('ok', 'empty', 'failed'))
  and not exists (select from raw.landed_row r where r.kind = 'ads' and r.partition_key = day)
