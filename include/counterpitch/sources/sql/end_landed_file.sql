update raw.landed_file
set rows_read = %(rows_read)s, rows_landed = %(rows_landed)s, rows_quarantined = %(rows_quarantined)s
where file_sha256 = %(sha256)s
