-- The reader that read most of our own ads with results up to the day, and how many: two readers of the same words find
-- different things, so a model learns from one.
select reading.extractor, reading.extractor_version, count(distinct result.ad_key) as ads
from core.ad_result_daily result
join core.ad ad using (ad_key)
join mart.reading reading on reading.text_hash = ad.text_hash and reading.status <> 'pending'
where result.result_date <= %(partition_key)s
group by reading.extractor, reading.extractor_version
order by ads desc, reading.extractor, reading.extractor_version
limit 1;
