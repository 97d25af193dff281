delete from ops.validation_result
where partition_key = %(partition_key)s and suite = any(%(suites)s) and (brand_id = any(%(brands)s) or brand_id = '')
