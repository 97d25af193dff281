-- The words of every ad that was seen by the partition day, with or without results; the latest seen first.
select t.clean_text, t.body, t.title, t.description
from core.ad_seen_daily s
join core.ad_text t on t.text_hash = s.text_hash
where s.partition_key <= %(partition_key)s and t.clean_text <> ''
group by t.text_hash
order by max(s.partition_key) desc, t.text_hash
limit %(most)s;
