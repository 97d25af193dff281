-- Where every row of ads went: kept, merged into another, or rejected at the door or by validation; they add up.
with import as (
    select count(*) as files, coalesce(sum(rows_quarantined) filter (where kind = 'ads'), 0)::bigint as rejected
    from raw.landed_file
), slices as (
    select
        coalesce(sum(rows_read), 0)::bigint as read,
        coalesce(sum(rows_core), 0)::bigint as kept,
        coalesce(sum(rows_merged), 0)::bigint as merged,
        coalesce(sum(rows_quarantined), 0)::bigint as rejected
    from ops.intake
    where kind = 'ads'
)
select
    import.files,
    slices.read + import.rejected as read,
    slices.kept,
    slices.merged,
    slices.rejected + import.rejected as rejected,
    (select count(*) from ops.quarantine where status = 'held') as held
from import, slices
