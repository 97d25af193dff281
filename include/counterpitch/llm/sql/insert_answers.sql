insert into llm.answer (cache_key, model, answer, prompt_tokens, completion_tokens, cost)
select cache_key, model, answer, prompt_tokens, completion_tokens, cost
from jsonb_to_recordset(%(rows)s::jsonb) as said (
    cache_key text, model text, answer jsonb, prompt_tokens bigint, completion_tokens bigint, cost numeric)
on conflict (cache_key) do nothing
