-- A feed that is switched on, or gets another reader, is asked daily from yesterday on; one that tells only of now, from
-- today on: nothing was missed before there was anybody to ask.
insert into core.feed as f (brand_id, source, kind, options, asked_from)
values (%(brand_id)s, %(source)s, %(kind)s, %(options)s, (now() at time zone 'utc')::date - case when %(only_now)s then 0 else 1 end)
on conflict (brand_id, source, kind) do update set
    options = excluded.options,
    enabled = true,
    asked_from = case when f.enabled and f.options->>'reader' is not distinct from excluded.options->>'reader'
                      then f.asked_from else excluded.asked_from end
where %(given)s
