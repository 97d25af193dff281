-- The details of these ads that were fetched in the weeks before the day, the newest first.
select distinct on (ad_id) ad_id, payload->'detail' as detail, payload->>'detail_on' as detail_on
from raw.ad_snapshot
where source = %(source)s and brand_id = %(brand_id)s and ad_id = any(%(ads)s)
  and partition_key between %(first)s::date - 28 and %(last)s::date
  and payload->>'detail_on' > (%(last)s::date - 28)::text and payload->>'detail_on' <= %(last)s::date::text
order by ad_id, payload->>'detail_on' desc, content_hash
