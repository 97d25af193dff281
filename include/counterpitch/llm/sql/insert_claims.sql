-- Claim what nobody is paying for: no claim, or one that expired or whose owner is gone; never what an open batch
-- holds (owner 0). Keys come sorted, so that two clients claiming the same keys never wait for each other in a circle.
insert into llm.claim as held (cache_key, owner, expires_at)
select key, %(owner)s, now() + %(patience)s * interval '1 second'
from unnest(%(keys)s::text[]) as key
on conflict (cache_key) do update
set owner = excluded.owner, expires_at = excluded.expires_at
where held.owner = excluded.owner
   or (held.owner <> 0 and (held.expires_at < now() or held.owner not in (select owner from llm.alive)))
returning cache_key
