-- What the scope of a partition holds now. A text that several markets read is counted once.
select count(distinct text_hash) filter (where status = 'read') as read,
       count(distinct text_hash) filter (where status = 'empty') as empty,
       count(distinct text_hash) filter (where status = 'pending') as pending,
       coalesce(sum(mentions) filter (where first), 0)::bigint as mentions,
       coalesce(sum(dropped) filter (where first), 0)::bigint as dropped
from (
    select r.*, row_number() over (partition by text_hash order by market_id) = 1 as first
    from mart.reading r
    where market_id = any(%(markets)s) and text_hash = any(%(texts)s)
) scope
