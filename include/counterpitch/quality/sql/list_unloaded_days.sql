-- Earlier days that a platform answered for since it is asked daily, and that core does not have: a day whose run
-- ended before it was loaded, or was refused, is in ops.coverage and has no account.
select distinct c.partition_key::text as day
from ops.coverage c
join core.feed f using (source, brand_id, kind)
where f.enabled and coalesce(f.options->>'reader', 'files') <> 'files'
  and c.kind = 'ads' and c.state in ('ok', 'empty') and c.brand_id = any(%(brands)s)
  and c.partition_key >= f.asked_from and c.partition_key < %(partition_key)s
  and not exists (
      select from ops.intake i
      where (i.source, i.brand_id, i.kind, i.partition_key) = (c.source, c.brand_id, c.kind, c.partition_key)
  )
order by day
