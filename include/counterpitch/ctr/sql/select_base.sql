-- A model without its artifact.
select model_id, name, partition_key, params, metrics
from ml.model
where model_id = %(model_id)s;
