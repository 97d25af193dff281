-- The texts that brands with results have shown.
select distinct text_hash
from core.ad_seen_daily
where brand_id in (select brand_id from core.ad_result_daily);
