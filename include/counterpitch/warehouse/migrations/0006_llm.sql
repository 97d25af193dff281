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
    claimed_by  text not null,
    expires_at  timestamptz not null
);
comment on table llm.claim is 'A key that somebody is paying for right now. Expires, so a crash blocks nobody for long.';

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

create table llm.reservation (
    reservation_id bigint generated always as identity primary key,
    run         text not null,
    spent_on    date not null,
    amount      numeric(14, 8) not null,
    expires_at  timestamptz not null
);
comment on table llm.reservation is 'Money set aside for calls in flight: ledger + reservations never pass the budget.';
