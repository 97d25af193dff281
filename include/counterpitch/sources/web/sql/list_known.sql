select distinct on (url) url, content_hash, etag, last_modified
from raw.web_page
where brand_id = %(brand_id)s
order by url, seen_at desc, content_hash
