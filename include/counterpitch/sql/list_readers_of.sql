select coalesce(array_agg(distinct reader order by reader), '{}')
from (
    select coalesce(options->>'reader', 'files') as reader from core.feed where brand_id = %(brand_id)s and enabled
) feed
