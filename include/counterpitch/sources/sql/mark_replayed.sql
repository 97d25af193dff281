update ops.quarantine set status = 'replayed' where quarantine_id = any(%(ids)s::bigint[])
