select p.body
from llm.prompt_choice c
join llm.prompt p using (name, version)
where c.name = %(name)s
order by c.choice_id desc
limit 1
