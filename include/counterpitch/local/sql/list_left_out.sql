-- Texts that were not read for pillars yet, by market and by why.
select market_id, split_part(reason, ':', 1) as why, count(*) as texts
from mart.reading
where status = 'pending'
group by 1, 2
order by 1, 3 desc, 2
