-- How each source answered for each brand of the market on the day, and what became of its rows.
select b.brand_id, b.name as brand, mb.role, a.source, c.state, c.code, c.message,
       i.rows_read, i.rows_core, i.rows_merged, i.rows_quarantined,
       coalesce(v.checks, 0) as checks, coalesce(v.warned, 0) as warned, coalesce(v.stopped, 0) as stopped,
       v.volume
from core.market_brand mb
join core.brand b using (brand_id)
left join lateral (
    select source from core.feed f where f.brand_id = b.brand_id and f.kind = 'ads' and f.enabled
    union
    select source from ops.coverage o
    where o.brand_id = b.brand_id and o.kind = 'ads' and o.partition_key = %(day)s
) a on true
left join ops.coverage c on (c.source, c.brand_id, c.kind, c.partition_key) = (a.source, b.brand_id, 'ads', %(day)s)
left join ops.intake i on (i.source, i.brand_id, i.kind, i.partition_key) = (a.source, b.brand_id, 'ads', %(day)s)
left join lateral (
    select count(*) as checks,
           count(*) filter (where not success and level = 'warn') as warned,
           count(*) filter (where not success and level = 'stop') as stopped,
           max(observed) filter (where expectation = 'volume_is_as_before') as volume
    from ops.validation_result r
    where r.partition_key = %(day)s and r.source = a.source and r.brand_id = b.brand_id
) v on true
where mb.market_id = %(market_id)s
order by mb.role desc, b.name, a.source;
