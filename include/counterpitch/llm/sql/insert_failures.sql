insert into ops.llm_failure (cache_key, model, run, outcome, detail)
select cache_key, model, %(run)s, outcome, detail
from jsonb_to_recordset(%(rows)s::jsonb) as failed (cache_key text, model text, outcome text, detail text)
