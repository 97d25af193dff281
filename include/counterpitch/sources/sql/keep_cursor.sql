insert into ops.watermark (name, value, updated_at) values (%(name)s, %(value)s, now())
on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at
