select f.kind, f.mapping, f.rows_read, f.rows_landed, f.rows_quarantined,
       coalesce(array_agg(distinct r.brand_id order by r.brand_id) filter (where r.brand_id is not null), '{}') as brands,
       min(r.partition_key)::text as first_day, max(r.partition_key)::text as last_day
from raw.landed_file f left join raw.landed_row r using (file_sha256)
where f.file_sha256 = %(sha256)s
group by f.file_sha256
