select coalesce(array_agg(distinct brand_id order by brand_id), '{}') from core.feed where enabled
