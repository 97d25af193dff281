select cache_key from llm.claim where cache_key = any(%(keys)s) and owner = 0
