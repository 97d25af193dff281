-- A day of which nothing is known yet gets its state; what is known stays.
insert into ops.coverage (source, brand_id, kind, partition_key, state, code, message, rows, listing, observed_at)
values (%(source)s, %(brand_id)s, %(kind)s, %(day)s, %(state)s, %(code)s, %(message)s, 0, 'none', %(observed_at)s)
on conflict (source, brand_id, kind, partition_key) do nothing
