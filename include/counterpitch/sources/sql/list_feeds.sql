select brand_id, source, kind, options from core.feed
where brand_id = %(brand_id)s and kind = 'ads' and enabled
order by source
