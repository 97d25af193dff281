-- A batch is paid for while no process waits for it: owner 0 is always alive, until the claim expires.
with held as (
    update llm.reservation set owner = 0, expires_at = now() + interval '26 hours'
    where cache_key = any(%(keys)s) and owner = %(owner)s
)
update llm.claim set owner = 0, expires_at = now() + interval '26 hours'
where cache_key = any(%(keys)s) and owner = %(owner)s
