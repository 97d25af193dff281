-- The latest day for which briefs were written.
select max(partition_key) from mart.brief
