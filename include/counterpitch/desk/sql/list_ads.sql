-- The market's ads as of the day, one page of them: one line a text and brand (`copies` ads carry it), or each ad.
-- The prediction and the proxies stand side by side and sort by one or by the other, never mixed.
with member as (
    select mb.brand_id, mb.role, b.name
    from core.market_brand mb
    join core.brand b using (brand_id)
    where mb.market_id = %(market_id)s
),
sweep as (
    select c.source, c.brand_id, c.partition_key as day,
           row_number() over (partition by c.source, c.brand_id order by c.partition_key desc) as back
    from ops.coverage c
    join member using (brand_id)
    where c.kind = 'ads' and c.state in ('ok', 'empty') and c.partition_key <= %(day)s
),
span as (
    select source, brand_id, max(day) filter (where back = 1) as newest, max(day) filter (where back = 2) as earlier
    from sweep
    where back <= 2
    group by source, brand_id
),
listed as (
    select a.ad_key, a.source, a.brand_id, m.name as brand, m.role, a.text_hash, a.first_seen, a.last_seen,
           a.media_type, a.variants, a.reach,
           case when a.status = 'active' or a.last_seen >= %(day)s then 'running'
                when a.status = 'stopped' then 'stopped' else 'unknown' end as state,
           coalesce(a.first_seen > s.earlier, false) as new,
           least(a.last_seen, %(day)s) - coalesce(a.delivery_start, a.first_seen) + 1 as days,
           c.ctr, c.ctr_low, c.ctr_high, c.rank_in_market, c.reasons
    from core.ad a
    join member m using (brand_id)
    left join span s using (source, brand_id)
    left join mart.ad_score c on c.market_id = %(market_id)s and c.ad_key = a.ad_key
         and c.partition_key = least(a.last_seen, s.newest)
    where a.first_seen <= %(day)s
),
matching as (
    select l.*,
           count(*) over words as copies,
           row_number() over (words order by (%(sort)s = 'ctr' and l.ctr is null),
                                             case when %(sort)s = 'newest' then l.first_seen end desc nulls last,
                                             case when %(sort)s = 'reach' then -l.reach end nulls last,
                                             l.days desc, l.ad_key) as copy
    from listed l
    where (%(brand)s::text is null or l.brand_id = %(brand)s)
      and (%(side)s::text is null or l.role = %(side)s)
      and case %(state)s
              when 'running' then l.state = 'running'
              when 'new' then l.new
              when 'stopped' then l.state = 'stopped'
              else true
          end
      and (%(words)s::text is null or exists (
          select from core.ad_text t where t.text_hash = l.text_hash and t.clean_text ilike '%%' || %(words)s || '%%'
      ))
      and (not %(scored_only)s or l.ctr is not null)
      and (not %(with_words)s or l.text_hash is not null)
    window words as (partition by l.brand_id, l.text_hash)
),
chosen as (
    select l.*, count(*) over () as total, sum(l.copies) over () as total_ads
    from matching l
    where l.copy = 1 or %(each)s
    order by case when %(sort)s = 'ctr' then -l.ctr end nulls last,
             case when %(sort)s = 'newest' then l.first_seen end desc nulls last,
             case when %(sort)s = 'reach' then -l.reach end nulls last,
             l.days desc, l.ad_key
    limit %(limit)s offset %(offset)s
)
select c.*, row_number() over () as place, left(t.clean_text, 400) as words, t.language, t.readable
from chosen c
left join core.ad_text t using (text_hash)
order by place;
