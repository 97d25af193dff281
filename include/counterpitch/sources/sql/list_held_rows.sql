select q.quarantine_id, q.stage, q.brand_id, q.partition_key, q.row_ref, q.row, q.file_sha256, f.mapping, f.options
from ops.quarantine q left join raw.landed_file f using (file_sha256)
where q.status = 'held'
  and (%(brands)s::text[] is null or q.brand_id = any(%(brands)s))
  and (%(ids)s::bigint[] is null or q.quarantine_id = any(%(ids)s))
  and (q.stage = 'validate' or not q.expectation = any(%(damaged)s))
order by q.file_sha256, q.quarantine_id
