-- The feeds of these connections are asked no more.
update core.feed set enabled = false where enabled and options->>'connection' = any(%(connections)s)
