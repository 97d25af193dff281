select options from core.feed where brand_id = %(brand_id)s and source = %(source)s and kind = %(kind)s
