-- A batch is paid for while no process waits for it. Owner 0 holds its keys and its money until the batch is
-- settled or given up, however long that takes: the clock counts only for the claims of a living client.
with held as (
    update llm.reservation set owner = 0
    where cache_key = any(%(keys)s) and owner = %(owner)s
)
update llm.claim set owner = 0
where cache_key = any(%(keys)s) and owner = %(owner)s
