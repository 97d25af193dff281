select tag, batch_id, run, keys
from llm.batch
where model = %(model)s and state = 'open'
order by submitted_at, tag
