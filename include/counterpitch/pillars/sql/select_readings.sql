select market_id, text_hash, extractor, extractor_version, status
from mart.reading
where market_id = any(%(markets)s) and text_hash = any(%(texts)s)
