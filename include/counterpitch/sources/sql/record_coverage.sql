insert into ops.coverage as c
    (source, brand_id, kind, partition_key, state, code, message, rows, listing, observed_at)
values (%(source)s, %(brand_id)s, %(kind)s, %(partition_key)s, %(state)s, %(code)s, %(message)s, %(rows)s,
        %(listing)s, %(observed_at)s)
on conflict (source, brand_id, kind, partition_key) do update set
    state = excluded.state, code = excluded.code, message = excluded.message, rows = excluded.rows,
    listing = excluded.listing, observed_at = excluded.observed_at
where excluded.state not in ('failed', 'not_covered') or c.state in ('failed', 'not_covered', 'lost')
