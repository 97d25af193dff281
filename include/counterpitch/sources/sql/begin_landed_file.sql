insert into raw.landed_file (file_sha256, file_name, kind, mapping, options, rows_read, rows_landed, rows_quarantined)
values (%(sha256)s, %(file)s, %(kind)s, %(mapping)s, %(options)s, 0, 0, 0)
