-- Why rows are held, and what would help: by the stage that held them.
select min(reason) as reason, count(*) as rows,
       case when expectation = any(%(damaged)s) then 'The file is damaged there: mend the file and import it.'
            when stage = 'validate' then 'The run of its day judges it again: mend the mapping or the rule, then run the day.'
            else 'Mend the mapping so that it reads this, then replay; or mend the file and import it.' end as advice
from ops.quarantine
where status = 'held'
  and (%(brands)s::text[] is null or brand_id = any(%(brands)s))
  and (%(ids)s::bigint[] is null or quarantine_id = any(%(ids)s))
group by stage, expectation, column_name
order by rows desc, reason
