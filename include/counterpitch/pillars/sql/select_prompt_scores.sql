-- Whole scores: with ads still pending a comparison is not finished.
select version, pillar_score
from llm.prompt_score
where name = %(name)s and version = any(%(versions)s) and model = %(model)s and gold_set = %(gold_set)s
  and pending = 0
order by version
