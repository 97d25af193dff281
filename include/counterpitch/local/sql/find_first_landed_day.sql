-- The first day of which files of a source told.
select min(partition_key) from raw.landed_row where source = %(source)s and kind = 'ads'
