select coalesce(array_agg(brand_id order by brand_id), '{}') from core.brand
