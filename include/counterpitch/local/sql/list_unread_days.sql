-- Of these days, those of which a feed that asks a platform has no answer yet: it joined later, or its sweep failed.
select distinct day::text as day
from unnest(%(days)s::date[]) as day
cross join core.feed f
left join ops.coverage c
    on (c.source, c.brand_id, c.kind, c.partition_key) = (f.source, f.brand_id, f.kind, day)
where f.enabled and coalesce(f.options->>'reader', 'files') <> 'files'
  and (c.state is null or c.state = 'failed')
