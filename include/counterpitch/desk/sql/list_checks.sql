-- Every rule's outcome on the day for the market's brands and for the run as a whole, what failed first.
select v.suite, v.suite_version, v.source, v.brand_id, b.name as brand, v.expectation, v.column_name, v.level, v.observed,
       v.bound, v.success, v.rows_checked, v.rows_failed, v.detail ->> 'reason' as reason, v.detail ->> 'advice' as advice,
       v.validated_at
from ops.validation_result v
left join core.brand b using (brand_id)
where v.partition_key = %(day)s
  and (v.brand_id = '' or v.brand_id in (select brand_id from core.market_brand where market_id = %(market_id)s))
order by v.success, array_position(array['stop', 'row', 'warn'], v.level), b.name nulls first, v.source, v.suite,
         v.expectation, v.column_name
limit 2000;
