select cache_key, answer from llm.answer where cache_key = any(%(keys)s)
