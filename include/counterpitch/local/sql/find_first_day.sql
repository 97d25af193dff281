select value #>> '{}' from ops.watermark where name = %(name)s
