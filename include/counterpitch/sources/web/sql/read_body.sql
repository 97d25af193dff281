select body, content_type, final_url
from raw.web_page where brand_id = %(brand_id)s and url = %(url)s and content_hash = %(content_hash)s
