select r.item_id, f.mapping, r.payload
from raw.landed_row r join raw.landed_file f using (file_sha256)
where r.source = %(source)s and r.brand_id = %(brand_id)s and r.kind = 'ads'
  and r.partition_key between %(first)s and %(last)s
order by r.file_sha256, r.row_number
