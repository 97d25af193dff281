-- Whether a feed that is switched on asks a platform or a site, for ads, our results or pages.
select exists (select from core.feed where enabled and coalesce(options->>'reader', 'files') <> 'files')
