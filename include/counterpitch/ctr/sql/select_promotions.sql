-- Every move of the champion pointer, oldest first.
select promotion_id, model_id, mark
from ml.promotion
where name = %(name)s
order by promotion_id;
