delete from ops.watermark where name = %(name)s
