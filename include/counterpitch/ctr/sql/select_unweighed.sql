-- Base models whose pillars are to be weighed after a training: the one just trained, and the champion while what
-- pillars are worth beside it is not known.
select m.model_id, m.partition_key
from ml.model m
where m.name = %(name)s and (
    m.model_id = %(model_id)s
    or (
        m.model_id in (select c.model_id from ml.champion c where c.name = %(name)s)
        and coalesce(m.metrics #>> '{pillars,verdict}', 'unknown') = 'unknown'
    )
)
order by m.model_id = %(model_id)s desc, m.model_id;
