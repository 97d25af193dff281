-- The account of each slice that a file touches, over all files: restated and repeated rows are merged into one.
insert into ops.intake (source, brand_id, kind, partition_key, rows_read, rows_core, rows_merged, rows_quarantined)
select source, brand_id, kind, partition_key,
       count(*), count(distinct item_id), count(*) - count(distinct item_id), 0
from raw.landed_row r
where brand_id is not null
  and (source, brand_id, kind, partition_key) in (
      select source, brand_id, kind, partition_key from raw.landed_row where file_sha256 = %(sha256)s)
group by source, brand_id, kind, partition_key
on conflict (source, brand_id, kind, partition_key) do update set
    rows_read = excluded.rows_read, rows_core = excluded.rows_core,
    rows_merged = excluded.rows_merged, rows_quarantined = excluded.rows_quarantined
