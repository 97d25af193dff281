-- Whether a feed that is switched on asks one of these connections.
select exists (select from core.feed where enabled and options->>'connection' = any(%(connections)s))
