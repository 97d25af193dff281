-- All that finished calls leave, in one statement: with each more the client would wait once more for its turn.
-- A call is spent on the day on which its money was set aside, however late it ends: that day's budget allowed it.
-- What a batch is billed for beyond its lines belongs to no key: it is spent on the first day of what its run holds.
with calls as materialized (
    select * from jsonb_to_recordset(%(rows)s::jsonb) as said (
        cache_key text, model text, outcome text, detail text, answer jsonb,
        prompt_tokens bigint, completion_tokens bigint, cost numeric)
), answered as (
    insert into llm.answer (cache_key, model, answer, prompt_tokens, completion_tokens, cost)
    select cache_key, model, answer, prompt_tokens, completion_tokens, cost
    from calls
    where outcome = 'answered'
    on conflict (cache_key) do nothing
), failed as (
    insert into ops.llm_failure (cache_key, model, run, outcome, detail)
    select cache_key, model, %(run)s, outcome, detail
    from calls
    where outcome <> 'answered'
), claims as (
    delete from llm.claim where cache_key = any(%(keys)s) and owner = %(owner)s
), reservations as (
    delete from llm.reservation where cache_key = any(%(keys)s) and owner = %(owner)s
)
insert into llm.ledger (cache_key, model, run, spent_on, outcome, prompt_tokens, completion_tokens, cost)
select spent.cache_key, model, %(run)s,
       coalesce(aside.spent_on,
                (select min(spent_on) from llm.reservation where owner = %(owner)s and run = %(run)s),
                (now() at time zone 'utc')::date),
       outcome, prompt_tokens, completion_tokens, cost
from calls spent
left join llm.reservation aside on aside.cache_key = spent.cache_key and aside.owner = %(owner)s
where prompt_tokens > 0 or completion_tokens > 0
