select state from llm.batch where tag = %(tag)s
