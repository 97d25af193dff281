-- The model that scores, and what it was taught by.
select c.model_id, c.mark, c.reason, m.partition_key::text as trained_up_to, m.metrics, m.trained_on
from ml.champion c
join ml.model m using (model_id)
order by c.name
limit 1
