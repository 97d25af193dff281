delete from llm.reservation where cache_key = any(%(keys)s) and owner = %(owner)s
