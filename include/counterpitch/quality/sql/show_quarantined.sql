select * from ops.quarantine where quarantine_id = %(quarantine_id)s
