-- The text from which each group of near-duplicates was read before, by this reader.
select a.variant_group, min(r.text_hash) as text_hash
from core.ad a
join mart.reading r on r.text_hash = a.text_hash and r.read_from = r.text_hash
where a.variant_group = any(%(groups)s)
  and r.extractor = %(extractor)s and r.extractor_version = %(version)s and r.status <> 'pending'
group by a.variant_group
