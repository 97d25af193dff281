update core.ad a set variant_group = g.variant_group
from (select unnest(%(brands)s::text[]) as brand_id, unnest(%(texts)s::text[]) as text_hash,
             unnest(%(groups)s::text[]) as variant_group) g
where a.brand_id = g.brand_id and a.text_hash = g.text_hash and a.variant_group is distinct from g.variant_group
