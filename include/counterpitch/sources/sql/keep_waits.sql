-- What a sweep that was interrupted waited for is added to the place that it kept, or stands without one.
insert into ops.watermark as w (name, value, updated_at) values (%(name)s, %(value)s, now())
on conflict (name) do update set value = w.value || excluded.value, updated_at = excluded.updated_at
