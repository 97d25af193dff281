-- When people last brought what teaches click-through, and whether a platform is asked for it.
select
    (select max(landed_at) from raw.landed_file
     where kind in ('results', 'experiments') and rows_landed > 0 and mapping <> all(%(pulled)s)) as landed_at,
    exists (select from core.feed
            where enabled and kind = 'results' and coalesce(options->>'reader', 'files') <> 'files') as pulled
