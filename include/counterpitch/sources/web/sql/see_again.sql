update raw.web_page set seen_at = greatest(seen_at, %(observed_at)s)
where brand_id = %(brand_id)s and url = %(url)s and content_hash = %(content_hash)s
