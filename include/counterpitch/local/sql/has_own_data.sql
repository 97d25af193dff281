-- Whether files told of ads of any other brand, or a platform is asked for one.
select exists (select from raw.landed_row where kind = 'ads' and brand_id <> all(%(bundled)s))
    or exists (
        select from core.feed
        where enabled and brand_id <> all(%(bundled)s) and coalesce(options->>'reader', 'files') <> 'files'
    )
