insert into core.feed as f (brand_id, source, kind, options)
values (%(brand_id)s, %(source)s, %(kind)s, %(options)s)
on conflict (brand_id, source, kind) do update set options = excluded.options, enabled = true
where %(given)s
