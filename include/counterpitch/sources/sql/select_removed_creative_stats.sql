-- BigQuery. Columns are billed, so only those that are kept are named; rows only of the advertisers asked for.
-- first_shown and last_shown are texts of the form YYYY-MM-DD.
select advertiser_id, creative_id, creative_page_url, ad_format_type, advertiser_disclosed_name,
       advertiser_legal_name, advertiser_location, topic, region_stats, disapproval
from `bigquery-public-data.google_ads_transparency_center.removed_creative_stats`
where advertiser_id in unnest(@advertisers)
  and exists (select 1 from unnest(region_stats) r where r.first_shown <= @last and r.last_shown >= @first)
