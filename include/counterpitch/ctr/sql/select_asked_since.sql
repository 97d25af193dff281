-- Why no training is due though the line is crossed: another model still waits for its comparison or for a person,
-- training was asked for close by, before or after, or a later day speaks for now. A day that asked may ask again: it is
-- the same question. The champion's own training does not count: a model may be wrong from its first day.
select said from (
    select m.partition_key as day, 'A model was trained for ' || m.partition_key || ' and waits.' as said
    from ml.model m
    where m.name = %(name)s and m.model_id <> %(model_id)s and m.partition_key > %(partition_key)s::date - %(cooldown)s
        and coalesce(m.metrics #>> '{comparison,verdict}', 'wins') = 'wins'
        and not exists (select 1 from ml.decision d where d.model_id = m.model_id)
        and not exists (select 1 from ml.promotion p where p.model_id = m.model_id)
    union all
    select partition_key, 'Training was asked for on ' || partition_key || '.'
    from ml.drift_day
    where retrain and partition_key <> %(partition_key)s::date
        and partition_key > %(partition_key)s::date - %(cooldown)s
        and partition_key < %(partition_key)s::date + %(cooldown)s
    union all
    select max(partition_key), 'A later day, ' || max(partition_key) || ', was measured.'
    from ml.drift_day
    where model_id = %(model_id)s and partition_key > %(partition_key)s::date
    having max(partition_key) is not null
) since
where not exists (
    select 1 from ml.drift_day
    where retrain and model_id = %(model_id)s and partition_key = %(partition_key)s::date
)
order by day desc, said
limit 1;
