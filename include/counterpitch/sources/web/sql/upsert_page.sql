-- What could not be read never hides what the day already has of the page.
insert into core.web_page as p
    (source, brand_id, partition_key, url, state, code, message, final_url, content_hash, title, description, language,
     text, claims, products, observed_at)
values (%(source)s, %(brand_id)s, %(partition_key)s, %(url)s, %(state)s, %(code)s, %(message)s, %(final_url)s,
        %(content_hash)s, %(title)s, %(description)s, %(language)s, %(text)s, %(claims)s::text[], %(products)s,
        %(observed_at)s)
on conflict (source, brand_id, partition_key, url) do update set
    -- Content that is new today stays new, however often the day looks again.
    state = case when p.state = 'read' and excluded.state = 'unchanged' and p.content_hash = excluded.content_hash
                 then p.state else excluded.state end,
    code = excluded.code, message = excluded.message, final_url = excluded.final_url,
    content_hash = excluded.content_hash, title = excluded.title, description = excluded.description,
    language = excluded.language, text = excluded.text, claims = excluded.claims, products = excluded.products,
    observed_at = excluded.observed_at
where excluded.state not in ('failed', 'forbidden') or p.state in ('failed', 'forbidden')
