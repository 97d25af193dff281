select distinct model from llm.batch where state = 'open' order by model
