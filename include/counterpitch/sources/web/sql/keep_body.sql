insert into raw.web_page as p
    (brand_id, url, content_hash, final_url, content_type, body, etag, last_modified, observed_at, seen_at)
values (%(brand_id)s, %(url)s, %(content_hash)s, %(final_url)s, %(content_type)s, %(body)s, %(etag)s,
        %(last_modified)s, %(observed_at)s, %(observed_at)s)
on conflict (brand_id, url, content_hash) do update set
    final_url = excluded.final_url, content_type = excluded.content_type, etag = excluded.etag,
    last_modified = excluded.last_modified, seen_at = greatest(p.seen_at, excluded.seen_at)
