-- What may become a brief, on the latest aggregated day up to the key: gaps, then leads (cells whose own interval
-- leaves out zero, but which many comparisons at once could bring about).
select g.*, g.partition_key::text as gap_day, p.name as persona, p.summary, p.needs, p.quotes as persona_quotes,
    p.stability as persona_stability, p.pinned as persona_pinned, t.label as theme, t.terms,
    t.stability as theme_stability, t.pinned as theme_pinned
from mart.gap g
join mart.persona p using (market_id, partition_key, persona_id)
join mart.theme t using (market_id, partition_key, theme_id)
where g.market_id = %(market_id)s
    and g.partition_key = (
        select max(c.partition_key) from mart.clustering c
        where c.market_id = %(market_id)s and c.partition_key <= %(partition_key)s::date
    )
    and (g.kind in ('white_space', 'behind') or (g.kind = 'even' and g.difference_high < 0))
    and not p.muted and not t.muted
order by (g.kind = 'even'), (p.pinned or t.pinned) desc, g.rank, g.difference_high, g.persona_id, g.theme_id
