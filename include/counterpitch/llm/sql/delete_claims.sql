delete from llm.claim where cache_key = any(%(keys)s) and owner = %(owner)s
