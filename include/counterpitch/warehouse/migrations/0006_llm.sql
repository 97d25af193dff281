-- Answers already paid for, claims on keys in flight, and the money spent.
create table llm.answer (
    cache_key   text primary key,
    model       text not null,
    answer      jsonb not null,
    prompt_tokens bigint not null,
    completion_tokens bigint not null,
    cost        numeric(14, 8) not null,
    answered_at timestamptz not null default now()
);
comment on table llm.answer is 'The cache: append-only by content hash of all that changes the answer and nothing else.';

create table llm.claim (
    cache_key   text primary key,
    owner       integer not null,
    expires_at  timestamptz not null
);
comment on table llm.claim is 'A key that somebody is paying for right now. owner holds the session lock (hashtext(''llm.owner''), owner) while it lives: a claim whose owner is gone, or that expired, is free.';

create table llm.reservation (
    cache_key   text primary key,
    owner       integer not null,
    run         text not null,
    spent_on    date not null,
    amount      numeric(14, 8) not null,
    expires_at  timestamptz not null
);
comment on table llm.reservation is 'Money set aside for the call on a claimed key: ledger + reservations never pass the budget.';

create view llm.alive as
select objid::bigint as owner
from pg_locks
where locktype = 'advisory' and objsubid = 2 and granted
  and database = (select oid from pg_database where datname = current_database())
  and classid::bigint = hashtext('llm.owner')::bigint & 4294967295
union all select 0;
comment on view llm.alive is 'The clients that are connected now, and 0, which holds what a provider''s batch works on.';

create table llm.batch (
    tag         text primary key,
    batch_id    text unique,
    model       text not null,
    run         text not null,
    keys        text[] not null,
    state       text not null default 'open' check (state in ('open', 'settled', 'lost')),
    submitted_at timestamptz not null default now(),
    changed_at  timestamptz not null default now()
);
comment on table llm.batch is 'Batches that a provider works on at half price. Written before the provider is asked; the tag, which the provider keeps, finds a batch again whose submitter died before noting its id.';

create table llm.ledger (
    entry_id    bigint generated always as identity primary key,
    cache_key   text not null,
    model       text not null,
    run         text not null,
    spent_on    date not null,
    outcome     text not null,
    prompt_tokens bigint not null,
    completion_tokens bigint not null,
    cost        numeric(14, 8) not null,
    at          timestamptz not null default now()
);
comment on table llm.ledger is 'Every call that cost something, answered or not. Append-only.';
create index ledger_day on llm.ledger (spent_on);
create index ledger_run on llm.ledger (run);

create table ops.llm_failure (
    failure_id  bigint generated always as identity primary key,
    cache_key   text not null,
    model       text not null,
    run         text not null,
    outcome     text not null check (outcome in ('truncated', 'filtered', 'refused', 'unparsable', 'unreachable')),
    detail      text not null,
    at          timestamptz not null default now()
);
comment on table ops.llm_failure is 'Answers that were no use, told apart, and calls that got none. They are never cached; a key that failed often is not asked again.';
create index llm_failure_key on ops.llm_failure (cache_key);

create table llm.prompt (
    name        text not null,
    version     text not null,
    body        text not null,
    registered_at timestamptz not null default now(),
    primary key (name, version)
);
comment on table llm.prompt is 'Every prompt text that was ever in use or up for it, by content hash.';

create table llm.prompt_score (
    name        text not null,
    version     text not null,
    model       text not null,
    gold_set    text not null,
    ads         integer not null,
    pending     integer not null,
    pillar_score double precision not null,
    scores      jsonb not null,
    scored_at   timestamptz not null default now(),
    primary key (name, version, model, gold_set),
    foreign key (name, version) references llm.prompt
);
comment on table llm.prompt_score is 'How a prompt version reads a gold set with a model. gold_set is the hash of the annotated file.';

create table llm.prompt_choice (
    choice_id   bigint generated always as identity primary key,
    name        text not null,
    version     text not null,
    reason      text not null,
    chosen_at   timestamptz not null default now(),
    foreign key (name, version) references llm.prompt
);
comment on table llm.prompt_choice is 'Which version of a prompt is in use: the last row of its name. Append-only.';
