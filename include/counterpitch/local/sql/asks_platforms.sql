-- Whether a feed of ads that is switched on asks a platform.
select exists (
    select from core.feed where enabled and kind = 'ads' and coalesce(options->>'reader', 'files') <> 'files'
)
