insert into llm.reservation (cache_key, owner, run, spent_on, amount, expires_at)
select key, %(owner)s, %(run)s, (now() at time zone 'utc')::date, amount,
       now() + %(patience)s * interval '1 second'
from unnest(%(keys)s::text[], %(amounts)s::numeric[]) as asked (key, amount)
on conflict (cache_key) do update
set owner = excluded.owner, run = excluded.run, spent_on = excluded.spent_on, amount = excluded.amount,
    expires_at = excluded.expires_at
