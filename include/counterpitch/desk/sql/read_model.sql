-- The model that scored the market's ads in the newest scored slice on or before the day, how it became champion,
-- and its latest drift by then. A model with pillars was put to work, and drifts, with the base model it goes with.
select s.day as scored_on, m.model_id, m.name, m.partition_key as trained_on_day, m.trained_on, m.metrics,
       p.mark, p.decided_by, p.reason, p.promoted_at, s.ads,
       d.state as drift, d.reason as drift_reason, d.partition_key as drift_on
from (
    select model_id, partition_key as day, count(*) as ads
    from mart.ad_score
    where market_id = %(market_id)s
      and partition_key = (
          select max(partition_key) from mart.ad_score
          where market_id = %(market_id)s and partition_key <= %(day)s
      )
    group by model_id, partition_key
    order by count(*) desc
    limit 1
) s
join ml.model m using (model_id)
left join lateral (
    select mark, decided_by, reason, promoted_at
    from ml.promotion where model_id = coalesce(m.metrics ->> 'base', m.model_id) order by promotion_id desc limit 1
) p on true
left join lateral (
    select state, reason, partition_key from ml.drift_day
    where model_id = coalesce(m.metrics ->> 'base', m.model_id) and partition_key <= %(day)s order by partition_key desc limit 1
) d on true;
