-- A feed that is switched on, or gets another reader, is asked daily from yesterday on.
insert into core.feed as f (brand_id, source, kind, options)
values (%(brand_id)s, %(source)s, %(kind)s, %(options)s)
on conflict (brand_id, source, kind) do update set
    options = excluded.options,
    enabled = true,
    asked_from = case when f.enabled and f.options->>'reader' is not distinct from excluded.options->>'reader'
                      then f.asked_from else excluded.asked_from end
where %(given)s
