update llm.batch
set batch_id = coalesce(%(batch_id)s, batch_id), state = %(state)s, changed_at = now()
where tag = %(tag)s
