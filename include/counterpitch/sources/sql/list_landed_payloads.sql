select payload from raw.landed_row where file_sha256 = %(sha256)s order by row_number
