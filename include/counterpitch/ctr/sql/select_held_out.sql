-- The held-out predictions of a model.
select example_key, score
from ml.held_out
where model_id = %(model_id)s
order by example_key;
