-- overdue: what the provider does not know by now never reached it, or is gone. Sooner it may still be arriving: a
-- call that timed out can have been taken.
select tag, batch_id, run, keys, submitted_at < now() - %(patience)s * interval '1 second' as overdue
from llm.batch
where model = %(model)s and state = 'open'
order by submitted_at, tag
