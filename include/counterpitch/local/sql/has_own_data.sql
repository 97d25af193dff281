-- Whether files told of ads of any other source.
select exists (select from raw.landed_row where source <> %(source)s and kind = 'ads')
