select brand_id, source, kind, options, asked_from from core.feed
where brand_id = %(brand_id)s and enabled and (kind = 'ads' or options->>'reader' <> 'files')
order by kind, source
