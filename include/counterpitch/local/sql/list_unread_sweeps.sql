-- Brands that could not be read on their latest day, and what to do about it.
select distinct on (brand_id, source) brand_id, source, partition_key::text as day, code, message
from ops.coverage
where kind = 'ads' and state = 'failed'
  and not exists (
      select from ops.coverage later
      where later.source = coverage.source and later.brand_id = coverage.brand_id
        and later.kind = coverage.kind and later.partition_key > coverage.partition_key
  )
order by brand_id, source, partition_key desc
