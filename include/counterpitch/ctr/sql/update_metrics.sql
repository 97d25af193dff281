-- Add to what is known of a model; never touches the artifact.
update ml.model set metrics = metrics || %(more)s::jsonb where model_id = %(model_id)s;
