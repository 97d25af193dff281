-- Keys that were paid for in vain so often that asking again would be waste, with the last outcome.
select distinct on (cache_key) cache_key, outcome, count(*) over (partition by cache_key) as times
from ops.llm_failure
where cache_key = any(%(keys)s) and outcome <> 'unreachable'
order by cache_key, failure_id desc
