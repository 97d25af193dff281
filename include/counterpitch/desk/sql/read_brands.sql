-- Each brand's ads as of the day: what runs, what came and went since the sweep before.
-- An ad runs on a day when it was seen on it or later, or when nothing says that it stopped.
-- share_of_voice counts ads, never impressions: platforms count reach in different units.
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
counted as (
    select a.brand_id,
           count(*) filter (where a.running) as running,
           count(distinct a.text_hash) filter (where a.running) as texts,
           count(*) filter (where a.first_seen > s.earlier) as new,
           count(*) filter (where a.status = 'stopped' and a.last_seen >= s.earlier and a.last_seen < s.newest) as gone,
           percentile_disc(.5) within group (order by a.days) filter (where a.running) as running_days,
           max(a.days) filter (where a.running) as longest_days
    from (
        select ad.*, ad.status = 'active' or ad.last_seen >= %(day)s as running,
               least(ad.last_seen, %(day)s) - coalesce(ad.delivery_start, ad.first_seen) + 1 as days
        from core.ad
        join member using (brand_id)
        where ad.first_seen <= %(day)s
    ) a
    left join span s using (source, brand_id)
    group by a.brand_id
)
select m.brand_id, m.name, m.role,
       coalesce(c.running, 0) as running,
       coalesce(c.texts, 0) as texts,
       case when p.earlier is not null then coalesce(c.new, 0) end as new,
       case when p.earlier is not null then coalesce(c.gone, 0) end as gone,
       c.running_days, c.longest_days,
       coalesce(c.running, 0)::float / nullif(sum(coalesce(c.running, 0)) over (), 0) as share_of_voice,
       p.newest as swept_on, p.earlier as earlier_sweep, f.failed, l.lost
from member m
left join counted c using (brand_id)
left join (
    select brand_id, max(newest) as newest, max(earlier) as earlier from span group by brand_id
) p using (brand_id)
left join (
    select brand_id, string_agg(source || coalesce(': ' || message, ''), '; ' order by source) as failed
    from ops.coverage
    where kind = 'ads' and state = 'failed' and partition_key = %(day)s
    group by brand_id
) f using (brand_id)
left join (
    select brand_id, string_agg(said, '; ' order by said) as lost
    from (
        select brand_id, source || ': ' || count(*) || ' days, ' || min(partition_key)
                         || ' to ' || max(partition_key) || '. ' || coalesce(min(message), '') as said
        from ops.coverage
        where kind = 'ads' and state = 'lost' and partition_key <= %(day)s
        group by brand_id, source
    ) source
    group by brand_id
) l using (brand_id)
order by (m.role = 'own') desc, running desc, m.name;
