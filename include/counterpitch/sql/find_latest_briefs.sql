-- The briefs that were written for the latest day that has gaps, or for a later day than the key.
select 'Briefs were written for ' || max(partition_key) || ', and no later day was aggregated up to this one.'
from mart.brief
having max(partition_key) >= (select max(partition_key) from mart.gap where partition_key <= %(key)s::date)
    or max(partition_key) > %(key)s::date
