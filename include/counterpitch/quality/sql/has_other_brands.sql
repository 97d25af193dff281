-- Whether other brands than these were asked for on the day.
select exists (
    select from ops.coverage
    where partition_key = %(partition_key)s and kind = 'ads' and state in ('ok', 'empty')
      and brand_id <> all(%(brands)s)
)
