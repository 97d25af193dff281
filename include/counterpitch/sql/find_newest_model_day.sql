-- The latest day up to which a model was trained.
select max(partition_key) from ml.model
