insert into llm.ledger (cache_key, model, run, spent_on, outcome, prompt_tokens, completion_tokens, cost)
select cache_key, model, %(run)s, (now() at time zone 'utc')::date, outcome, prompt_tokens, completion_tokens, cost
from jsonb_to_recordset(%(rows)s::jsonb) as spent (
    cache_key text, model text, outcome text, prompt_tokens bigint, completion_tokens bigint, cost numeric)
