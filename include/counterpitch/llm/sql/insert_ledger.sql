-- A call is spent on the day on which its money was set aside, however late it ends: that day's budget allowed it.
insert into llm.ledger (cache_key, model, run, spent_on, outcome, prompt_tokens, completion_tokens, cost)
select spent.cache_key, model, %(run)s, coalesce(aside.spent_on, (now() at time zone 'utc')::date),
       outcome, prompt_tokens, completion_tokens, cost
from jsonb_to_recordset(%(rows)s::jsonb) as spent (
    cache_key text, model text, outcome text, prompt_tokens bigint, completion_tokens bigint, cost numeric)
left join llm.reservation aside on aside.cache_key = spent.cache_key and aside.owner = %(owner)s
