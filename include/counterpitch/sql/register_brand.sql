insert into core.brand as b (brand_id, name, homepage)
values (%(brand_id)s, %(name)s, %(homepage)s)
on conflict (brand_id) do update set
    name = case when b.name = b.brand_id then excluded.name else b.name end,
    homepage = coalesce(b.homepage, excluded.homepage)
where (b.name = b.brand_id and excluded.name <> b.name) or (b.homepage is null and excluded.homepage is not null)
