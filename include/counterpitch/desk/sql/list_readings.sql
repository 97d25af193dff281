-- The texts of the ads that ran in the market on the day, by who read them, and those that were left out, by why.
select r.extractor,
       r.status,
       case when r.status = 'pending' then split_part(r.reason, ':', 1) end as why,
       min(r.reason) filter (where r.status = 'pending') as reason,
       count(*) as texts,
       coalesce(sum(r.dropped), 0)::bigint as dropped
from mart.reading r
where r.market_id = %(market_id)s
  and r.text_hash in (
      select ad.text_hash from core.ad
      join core.market_brand mb using (brand_id)
      where mb.market_id = %(market_id)s and %(day)s between ad.first_seen and ad.last_seen
  )
group by 1, 2, 3
order by (r.status = 'pending'), count(*) desc, 1, 2, 3
