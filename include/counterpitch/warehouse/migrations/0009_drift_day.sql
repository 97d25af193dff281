create table ml.drift_day (
    model_id    text not null references ml.model,
    partition_key date not null,
    state       text not null check (state in ('steady', 'drifted', 'thin')),
    crossed     text[] not null,
    retrain     boolean not null,
    reason      text not null,
    primary key (model_id, partition_key)
);
comment on table ml.drift_day is 'What a day''s drift came to. thin: too little data to tell. retrain: training was asked for, once a crossing; reason says why, or why not.';
comment on column ml.drift_day.crossed is 'Names of features, and calibration where predicted and observed clicks part.';
