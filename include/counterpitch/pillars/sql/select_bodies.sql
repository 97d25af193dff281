select text_hash, clean_text from core.ad_text where text_hash = any(%(texts)s)
