-- Every market of the scope has its briefs: for its latest day that has gaps, or for a later day than the key. A market
-- that was never aggregated up to the key has nothing to write; one market's briefs say nothing of another's.
with market as (
    select
        (select max(b.partition_key) from mart.brief b where b.market_id = m.market_id) as written,
        (
            select max(g.partition_key) from mart.gap g
            where g.market_id = m.market_id and g.partition_key <= %(key)s::date
        ) as aggregated
    from core.market m
    where m.market_id = any(%(markets)s)
)
select 'Briefs were written for ' || max(written) || ', and no later day was aggregated up to this one.'
from market
having bool_and(coalesce(written > %(key)s::date or written >= aggregated, aggregated is null))
