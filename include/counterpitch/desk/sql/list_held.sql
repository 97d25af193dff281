-- Rows that wait in quarantine: those of the day, and those whose day or brand could not be read.
select q.quarantine_id, q.source, b.name as brand, q.kind, q.partition_key as day, q.stage, q.row_ref, q.expectation,
       q.column_name, q.value, q.reason, f.file_name, count(*) over () as total
from ops.quarantine q
left join core.brand b using (brand_id)
left join raw.landed_file f using (file_sha256)
where q.status = 'held'
  and (q.partition_key = %(day)s or q.partition_key is null)
  and (q.brand_id is null
       or q.brand_id in (select brand_id from core.market_brand where market_id = %(market_id)s)
       or not exists (select from core.brand x where x.brand_id = q.brand_id))
order by q.partition_key nulls last, b.name nulls last, q.quarantine_id
limit %(limit)s;
