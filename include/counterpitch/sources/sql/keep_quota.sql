insert into ops.watermark as w (name, value, updated_at)
values (%(name)s, jsonb_build_object('until', clock_timestamp() + make_interval(secs => %(seconds)s)), now())
on conflict (name) do update set value = excluded.value, updated_at = excluded.updated_at
where (excluded.value->>'until')::timestamptz > (w.value->>'until')::timestamptz
