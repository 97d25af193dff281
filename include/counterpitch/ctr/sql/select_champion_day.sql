-- The champion and the day up to which it learnt.
select c.model_id, m.partition_key
from ml.champion c
join ml.model m using (model_id)
where c.name = %(name)s;
