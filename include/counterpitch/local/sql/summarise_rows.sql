-- Where every row of ads went: files, rows read, kept, merged into another, held.
select
    (select count(*) from raw.landed_file) as files,
    coalesce((select sum(rows_read) from raw.landed_file where kind = 'ads'), 0)::bigint as landed,
    coalesce((select sum(rows_read) from ops.intake where kind = 'ads'), 0)::bigint as read,
    coalesce((select sum(rows_core) from ops.intake where kind = 'ads'), 0)::bigint as kept,
    coalesce((select sum(rows_merged) from ops.intake where kind = 'ads'), 0)::bigint as merged,
    coalesce((select sum(rows_quarantined) from ops.intake where kind = 'ads'), 0)::bigint as rejected,
    (select count(*) from ops.quarantine where status = 'held') as held
