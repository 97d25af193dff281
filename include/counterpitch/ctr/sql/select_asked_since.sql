-- Why no training is due though the line is crossed: another model was trained, or training was asked for, not long ago.
-- The champion's own training does not count: a model may be wrong from its first day.
select said from (
    select partition_key as day, 'A model was trained for ' || partition_key || '.' as said
    from ml.model
    where name = %(name)s and model_id <> %(model_id)s and partition_key > %(partition_key)s::date - %(cooldown)s
    union all
    select partition_key, 'Training was asked for on ' || partition_key || '.'
    from ml.drift_day
    where retrain and partition_key < %(partition_key)s::date and partition_key > %(partition_key)s::date - %(cooldown)s
) since
order by day desc, said
limit 1;
