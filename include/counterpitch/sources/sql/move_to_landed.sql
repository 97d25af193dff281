update raw.landed_file
set rows_landed = rows_landed + %(count)s, rows_quarantined = rows_quarantined - %(count)s
where file_sha256 = %(sha256)s
