-- Days that came to their end are no longer noted; what another run noted meanwhile stays.
update ops.watermark
set value = value - %(days)s::text[], updated_at = now()
where name = %(name)s
