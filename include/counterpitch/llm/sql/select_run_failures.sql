-- Keys that this run asked in vain and that have no answer since, with the last outcome.
select distinct on (f.cache_key) f.cache_key, f.outcome, f.detail
from ops.llm_failure f
where f.cache_key = any(%(keys)s) and f.run = %(run)s
  and not exists (select from llm.answer a where a.cache_key = f.cache_key)
order by f.cache_key, f.failure_id desc
