-- Days that are about to be loaded are noted, with those that an earlier try noted and did not come to the end of.
insert into ops.watermark as w (name, value, updated_at)
values (%(name)s, to_jsonb(%(days)s::text[]), now())
on conflict (name) do update set updated_at = now(), value = (
    select coalesce(jsonb_agg(distinct day), '[]') from jsonb_array_elements(w.value || excluded.value) as day
)
returning value
