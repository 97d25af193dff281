select page_id, brand_id from core.page where source = %(source)s order by page_id
