-- Events of these brands, from all days: listings say what an absence means, days without one say nothing.
-- A list of a page that is less than half as long as the lists before and after it broke off: it says nothing of what
-- it lacks. One that is the last so far waits for the next.
with page_list as (
    select s.source, s.brand_id, s.page_id, s.partition_key as day, count(*) as shown
    from core.ad_seen_daily s join ops.coverage c using (source, brand_id, partition_key)
    where c.kind = 'ads' and c.state = 'ok' and c.listing = 'pages' and s.brand_id = any(%(brands)s)
    group by s.source, s.brand_id, s.page_id, s.partition_key
), sized as (
    select p.*, lag(shown) over days as before, lead(shown) over days as after
    from page_list p
    window days as (partition by source, brand_id, page_id order by day)
), listing as (
    select source, brand_id, null::text as page_id, partition_key as day
    from ops.coverage
    where kind = 'ads' and state in ('ok', 'empty') and listing = 'brand' and brand_id = any(%(brands)s)
    union
    select source, brand_id, page_id, day from sized
    where not coalesce(before >= 10 and shown < 0.5 * before and shown < 0.5 * coalesce(after, before), false)
), seen as (
    select s.ad_key, s.source, s.brand_id, s.partition_key as day, greatest(s.partition_key, s.seen_until) as until,
           s.text_hash, s.version_hashes, a.page_id,
           lead(s.partition_key) over ad as next_day,
           row_number() over ad = 1 as first_look
    from core.ad_seen_daily s
    join (select ad_key, core.last_known(page_id order by partition_key) as page_id
          from core.ad_seen_daily where brand_id = any(%(brands)s) group by ad_key) a using (ad_key)
    where s.brand_id = any(%(brands)s) and s.is_active
    window ad as (partition by s.ad_key, s.brand_id order by s.partition_key)
), absent as (
    select s.ad_key, s.brand_id, s.next_day, min(l.day) as day
    from seen s
    join listing l on l.source = s.source and l.brand_id = s.brand_id
        and (l.page_id is null or s.page_id is null or l.page_id = s.page_id)
        and l.day > s.until and (s.next_day is null or l.day < s.next_day)
    group by s.ad_key, s.brand_id, s.day, s.next_day
), worded as (
    select s.*, lag(s.text_hash) over (partition by s.ad_key, s.brand_id order by s.day) as before_hash
    from seen s where s.text_hash is not null
)
insert into core.ad_event (brand_id, ad_key, partition_key, event, text_hash, before_hash)
select s.brand_id, s.ad_key, s.day, 'new', s.text_hash, null
from seen s
where s.first_look and exists (
    select from listing l
    where l.source = s.source and l.brand_id = s.brand_id and l.day < s.day
      and (l.page_id is null or s.page_id is null or l.page_id = s.page_id))
union all
select brand_id, ad_key, day, 'stopped', null, null from absent
union all
select brand_id, ad_key, next_day, 'relaunched', null, null from absent where next_day is not null
union all
select brand_id, ad_key, day, 'changed', text_hash, before_hash
from worded where before_hash is not null and before_hash <> all(version_hashes)
on conflict do nothing
