-- Take a marketer's change back.
delete from mart.curation
where market_id = %(market_id)s and kind = %(kind)s and subject_id = %(subject_id)s and action = %(action)s
