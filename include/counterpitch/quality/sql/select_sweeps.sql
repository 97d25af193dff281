-- Each source of these brands on the day: how its sweep ended, the newest day it answered for, and the sizes of the
-- whole listings before. A listing that is not whole (single ads of a file) has no size to compare.
-- `lately`: the rows of the newest of them, also of days that were refused.
with asked as (
    select source, brand_id from core.feed where kind = 'ads' and enabled and brand_id = any(%(brands)s)
    union
    select source, brand_id from ops.coverage
    where kind = 'ads' and partition_key = %(partition_key)s and brand_id = any(%(brands)s)
)
select a.source, a.brand_id, c.state, c.listing, (c.observed_at at time zone 'UTC')::date as looked_on,
       (select max(p.partition_key) from ops.coverage p
        where (p.source, p.brand_id, p.kind) = (a.source, a.brand_id, 'ads') and p.state in ('ok', 'empty')
          and p.partition_key <= %(partition_key)s) as newest,
       (select coalesce(array_agg(i.rows_core::int order by i.partition_key), '{}')
        from ops.coverage p join ops.intake i using (source, brand_id, kind, partition_key)
        where (p.source, p.brand_id, p.kind) = (a.source, a.brand_id, 'ads') and p.state in ('ok', 'empty')
          and p.listing = 'brand' and p.partition_key < %(partition_key)s
          and p.partition_key >= %(partition_key)s::date - %(days)s::int) as before,
       array(select p.rows::int from ops.coverage p
        where (p.source, p.brand_id, p.kind) = (a.source, a.brand_id, 'ads') and p.state in ('ok', 'empty')
          and p.listing = 'brand' and p.partition_key < %(partition_key)s
          and p.partition_key >= %(partition_key)s::date - %(days)s::int
        order by p.partition_key desc limit %(enough)s) as lately
from asked a
left join ops.coverage c on (c.source, c.brand_id, c.kind) = (a.source, a.brand_id, 'ads')
    and c.partition_key = %(partition_key)s
order by a.source, a.brand_id
