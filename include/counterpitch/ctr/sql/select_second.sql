-- The model with pillars that goes with the champion, where it won against it.
select second.model_id, second.metrics
from ml.champion c
join ml.model base using (model_id)
join ml.model second on second.model_id = base.metrics #>> '{pillars,model_id}'
where c.name = %(name)s and base.metrics #>> '{pillars,verdict}' = 'wins';
