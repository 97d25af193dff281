-- The themes of the newest slice on or before the day; pinned ones first, muted ones left out.
select partition_key as day, theme_id, label, terms, texts, ads, brands, stability, change, pinned
from mart.theme
where market_id = %(market_id)s
  and not muted
  and partition_key = (
      select max(partition_key) from mart.theme where market_id = %(market_id)s and partition_key <= %(day)s
  )
order by pinned desc, ads desc, theme_id
limit %(limit)s;
