-- The model that scores now, whole.
select m.model_id, m.name, m.partition_key, m.trained_on, m.params, m.features, m.metrics, m.artifact, m.sha256, c.mark
from ml.champion c
join ml.model m using (model_id)
where c.name = %(name)s;
