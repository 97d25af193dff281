-- Every ad of the market that was seen on the day, with the words known of it by then.
select distinct on (s.ad_key)
    s.ad_key,
    s.brand_id,
    t.text_hash,
    t.clean_text,
    t.title,
    t.body,
    t.description,
    t.call_to_action,
    t.language,
    s.media_type,
    s.platforms,
    coalesce(s.delivery_start, s.partition_key) as day
from core.ad_seen_daily s
join core.market_brand mb on mb.brand_id = s.brand_id and mb.market_id = %(market_id)s
cross join lateral (
    select coalesce(s.text_hash, (
        select e.text_hash from core.ad_seen_daily e
        where e.ad_key = s.ad_key and e.partition_key < s.partition_key and e.text_hash is not null
        order by e.partition_key desc limit 1
    )) as text_hash
) said
join core.ad_text t on t.text_hash = said.text_hash
where s.partition_key = %(partition_key)s
order by s.ad_key, s.brand_id;
