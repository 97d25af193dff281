-- One ad with its words, its newest prediction on or before the day and what can be seen of it from outside.
select a.ad_key, a.source, a.ad_id, a.brand_id, b.name as brand, mb.role, a.text_hash, a.media_type, a.platforms,
       a.countries, a.landing_url, a.public_url, a.first_seen, a.last_seen, a.delivery_start, a.delivery_stop,
       a.running_days, a.days_seen, a.variants, a.reach, a.best_rank, a.status,
       t.clean_text, t.language, t.readable,
       r.status as reading, r.extractor, r.reason as reading_reason, r.tone, r.product, r.dropped,
       c.partition_key as scored_on, c.ctr, c.ctr_low, c.ctr_high, c.rank_in_brand, c.rank_in_market, c.reasons,
       (select count(*) from core.ad o where o.text_hash = a.text_hash) as same_words
from core.ad a
join core.market_brand mb on mb.brand_id = a.brand_id and mb.market_id = %(market_id)s
join core.brand b on b.brand_id = a.brand_id
left join core.ad_text t using (text_hash)
left join mart.reading r on r.market_id = %(market_id)s and r.text_hash = a.text_hash
left join lateral (
    select * from mart.ad_score s
    where s.market_id = %(market_id)s and s.ad_key = a.ad_key and s.partition_key <= %(day)s
    order by s.partition_key desc limit 1
) c on true
where a.ad_key = %(ad_key)s;
