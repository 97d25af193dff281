-- The model that was trained for a later day than the key.
select 'A model was trained for ' || max(partition_key) || ', a later day: this run would look back.'
from ml.model
having max(partition_key) > %(key)s::date
