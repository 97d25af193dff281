-- Why rows are held, the most frequent reasons first.
select kind, expectation, column_name, min(reason) as example, count(*) as rows
from ops.quarantine
where status = 'held'
group by kind, expectation, column_name
order by rows desc, kind, expectation, column_name
limit 5
