insert into ops.watermark (name, value) values (%(name)s, %(value)s)
on conflict (name) do nothing
