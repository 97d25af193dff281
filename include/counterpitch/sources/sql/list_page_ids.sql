select page_id from core.page where source = %(source)s and brand_id = %(brand_id)s order by page_id
