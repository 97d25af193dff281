-- The held-out predictions of a model for examples that began after a day.
select example_key, score, ctr
from ml.held_out
where model_id = %(model_id)s and day > %(after)s
order by example_key;
