-- Each archive of randomised tests in a row of figures.
select e.source, '' as brand_id,
       sum(e.arms)::float8 as arms,
       sum(e.impossible)::float8 as impossible, sum(e.future)::float8 as future, sum(e.wordless)::float8 as wordless,
       avg((e.arms = 1)::int)::float8 as single_share,
       (sum(e.unseen) / sum(e.arms))::float8 as unseen_share
from (
    select source, experiment_id, count(*) as arms,
           count(*) filter (where clicks > impressions) as impossible,
           count(*) filter (where started_on > current_date + 1) as future,
           count(*) filter (where headline = '' and body = '') as wordless,
           count(*) filter (where impressions = 0) as unseen
    from core.experiment_arm group by source, experiment_id
) e
group by e.source
order by e.source
