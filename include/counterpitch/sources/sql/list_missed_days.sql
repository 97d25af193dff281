-- Of each feed that asks a platform daily, the days before one on which it was not asked, or did not answer.
-- A day that failed comes after those that were not asked for yet: it may fail for ever.
select f.brand_id, f.source, f.kind, f.options, day::date as day, c.state
from core.feed f
cross join lateral generate_series(f.asked_from, %(before)s::date - 1, interval '1 day') as day
left join ops.coverage c
    on c.source = f.source and c.brand_id = f.brand_id and c.kind = f.kind and c.partition_key = day::date
where f.enabled and f.kind <> 'results' and coalesce(f.options->>'reader', 'files') <> 'files'
  and (%(brands)s::text[] is null or f.brand_id = any(%(brands)s))
  and (c.state is null or c.state = 'failed')
order by c.state is not null, day desc, f.brand_id, f.source
