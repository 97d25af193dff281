-- The nearest persona of each text.
select distinct on (text_hash) text_hash, persona_id as cluster, basis
from mart.persona_member
where market_id = %(market_id)s and partition_key = %(partition_key)s
order by text_hash, (basis = 'named') desc, similarity desc, persona_id;
