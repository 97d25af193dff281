-- Each day on which landed files speak of ads, and when the last of them came.
select row.partition_key::text as day, max(file.landed_at) as landed_at
from raw.landed_row row
join raw.landed_file file using (file_sha256)
where row.kind = 'ads'
group by row.partition_key
order by row.partition_key
