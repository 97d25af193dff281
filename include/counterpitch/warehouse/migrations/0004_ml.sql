-- Models, the champion pointer, drift.
create table ml.model (
    model_id    text primary key,
    name        text not null,
    partition_key date not null,
    trained_on  jsonb not null,
    params      jsonb not null,
    features    jsonb not null,
    metrics     jsonb not null,
    artifact    text not null,
    sha256      text not null,
    created_at  timestamptz not null default now()
);
comment on table ml.model is 'A trained model. artifact is a JSON text that holds model_to_string() and all that is needed to score again: no pickle. trained_on says whose results taught it.';

create table ml.held_out (
    model_id    text not null references ml.model on delete cascade,
    example_key text not null,
    group_key   text not null,
    day         date,
    impressions bigint not null,
    clicks      bigint not null,
    score       double precision not null,
    ctr         double precision not null,
    primary key (model_id, example_key)
);
comment on table ml.held_out is 'What a model''s twin, trained without them, predicted for the newest examples, beside what happened.';

create table ml.promotion (
    promotion_id bigint generated always as identity primary key,
    name        text not null,
    model_id    text not null references ml.model,
    mark        text not null check (mark in ('bootstrap', 'approved', 'rollback')),
    decided_by  text not null,
    reason      text not null,
    promoted_at timestamptz not null default now()
);
comment on table ml.promotion is 'Every move of the champion pointer, append-only.';

create table ml.decision (
    decision_id bigint generated always as identity primary key,
    model_id    text not null references ml.model,
    decision    text not null check (decision in ('approved', 'rejected', 'expired')),
    decided_by  text not null,
    reason      text,
    decided_at  timestamptz not null default now()
);
comment on table ml.decision is 'What a person said of a challenger. expired: nobody answered, so the champion stayed.';

create view ml.champion as
select distinct on (name) name, model_id, mark, decided_by, reason, promoted_at
from ml.promotion order by name, promotion_id desc;
comment on view ml.champion is 'The model that scores now: the last promotion of each name.';

create table ml.drift (
    model_id    text not null references ml.model,
    partition_key date not null,
    metric      text not null,
    feature     text not null default '',
    value       double precision not null,
    threshold   double precision not null,
    crossed     boolean not null,
    primary key (model_id, partition_key, metric, feature)
);
comment on table ml.drift is 'Population and calibration drift of a model, by day.';
