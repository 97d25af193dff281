select greatest(0, extract(epoch from (value->>'until')::timestamptz - clock_timestamp()))
from ops.watermark where name = %(name)s
