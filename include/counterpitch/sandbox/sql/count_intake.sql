-- What became of the sandbox's rows up to the day: those held at import have no slice.
select coalesce(sum(rows_read), 0)::bigint as rows_read,
       coalesce(sum(rows_core), 0)::bigint as rows_core,
       coalesce(sum(rows_merged), 0)::bigint as rows_merged,
       coalesce(sum(rows_quarantined), 0)::bigint as rows_quarantined,
       (select count(*) from ops.quarantine where kind = 'ads' and stage = 'import') as rows_held_at_import
from ops.intake
where kind = 'ads' and partition_key <= %(partition_key)s;
