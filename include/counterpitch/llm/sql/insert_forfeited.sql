-- What was set aside for a batch's questions, as spent: they were paid for, and nobody says any more how much.
insert into llm.ledger (cache_key, model, run, spent_on, outcome, prompt_tokens, completion_tokens, cost)
select cache_key, %(model)s, run, spent_on, 'unreachable', 0, 0, amount
from llm.reservation
where cache_key = any(%(keys)s) and owner = 0
