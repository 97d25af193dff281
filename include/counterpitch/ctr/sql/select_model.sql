-- One trained model, whole.
select model_id, name, partition_key, trained_on, params, features, metrics, artifact, sha256
from ml.model
where model_id = %(model_id)s;
