insert into core.page as p (source, page_id, brand_id, page_name)
values (%(source)s, %(page_id)s, %(brand_id)s, %(page_name)s)
on conflict (source, page_id) do update set page_name = coalesce(p.page_name, excluded.page_name)
where p.page_name is null and excluded.page_name is not null
