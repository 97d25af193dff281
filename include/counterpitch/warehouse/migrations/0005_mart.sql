-- What the Desk, BI tools and exports read. Every table is keyed by market_id first.
create table mart.ad_score (
    market_id   text not null references core.market on delete cascade,
    partition_key date not null,
    ad_key      text not null,
    brand_id    text not null,
    model_id    text not null references ml.model,
    ctr         double precision not null,
    ctr_low     double precision not null,
    ctr_high    double precision not null,
    rank_in_brand  integer not null,
    rank_in_market integer not null,
    reasons     jsonb not null,
    primary key (market_id, partition_key, ad_key)
);
comment on table mart.ad_score is 'The champion''s prediction for each ad seen on the day, as "if it ran for us": never blended with the proxies in core.ad. ctr is a probability.';

create table mart.reading (
    market_id   text not null references core.market on delete cascade,
    text_hash   text not null references core.ad_text,
    extractor   text not null,
    extractor_version text not null,
    status      text not null check (status in ('read', 'empty', 'pending')),
    reason      text,
    product     text,
    tone        text,
    mentions    integer not null,
    dropped     integer not null,
    primary key (market_id, text_hash)
);
comment on table mart.reading is 'Each text that was read for pillars, by which extractor, and how many mentions were dropped for want of an exact quote.';

create table mart.pillar (
    market_id   text not null,
    text_hash   text not null,
    field       text not null check (field in ('target_audience', 'customer_need', 'product_feature', 'offer', 'hook', 'call_to_action')),
    position    smallint not null,
    value       text not null,
    quote       text,
    quote_start integer,
    quote_end   integer,
    extractor   text not null,
    primary key (market_id, text_hash, field, position),
    foreign key (market_id, text_hash) references mart.reading on delete cascade,
    check ((quote is null) = (quote_start is null)),
    check (field <> 'product_feature' or quote is not null)
);
comment on table mart.pillar is 'Content pillars. quote is the exact substring clean_text[quote_start:quote_end] of the ad that proves the value.';

create view mart.pillar_evidence as
select p.market_id, a.brand_id, a.ad_key, p.field, p.position, p.value, p.quote, p.quote_start, p.quote_end,
       t.clean_text, t.language, p.extractor, a.public_url, a.first_seen, a.last_seen
from mart.pillar p
join core.ad_text t using (text_hash)
join core.ad a using (text_hash)
join core.market_brand mb on mb.market_id = p.market_id and mb.brand_id = a.brand_id;
comment on view mart.pillar_evidence is 'Each pillar value with its quote in each ad that says it.';

create table mart.theme (
    market_id   text not null references core.market on delete cascade,
    partition_key date not null,
    theme_id    text not null,
    label       text not null,
    terms       jsonb not null,
    texts       integer not null,
    ads         integer not null,
    brands      integer not null,
    stability   double precision,
    change      text not null check (change in ('new', 'kept')),
    primary key (market_id, partition_key, theme_id)
);
comment on table mart.theme is 'What the market talks about: clusters of needs and features. theme_id persists from day to day by membership.';

create table mart.theme_member (
    market_id   text not null,
    partition_key date not null,
    text_hash   text not null,
    field       text not null,
    position    smallint not null,
    theme_id    text not null,
    similarity  double precision not null,
    primary key (market_id, partition_key, text_hash, field, position),
    foreign key (market_id, partition_key, theme_id) references mart.theme on delete cascade
);
comment on table mart.theme_member is 'The pillar values of each theme.';

create table mart.persona (
    market_id   text not null references core.market on delete cascade,
    partition_key date not null,
    persona_id  text not null,
    name        text not null,
    summary     text not null,
    needs       jsonb not null,
    quotes      jsonb not null,
    texts       integer not null,
    ads         integer not null,
    brands      integer not null,
    stability   double precision,
    change      text not null check (change in ('new', 'kept')),
    primary key (market_id, partition_key, persona_id)
);
comment on table mart.persona is 'Who the market speaks to: clusters of audiences with the needs said beside them. persona_id persists from day to day.';

create table mart.persona_member (
    market_id   text not null,
    partition_key date not null,
    text_hash   text not null,
    persona_id  text not null,
    similarity  double precision not null,
    primary key (market_id, partition_key, text_hash, persona_id),
    foreign key (market_id, partition_key, persona_id) references mart.persona on delete cascade
);
comment on table mart.persona_member is 'The texts that speak to each persona.';

create table mart.gap (
    market_id   text not null references core.market on delete cascade,
    partition_key date not null,
    persona_id  text not null,
    theme_id    text not null,
    our_ads     integer not null,
    their_ads   integer not null,
    our_total   integer not null,
    their_total integer not null,
    their_brands integer not null,
    our_share   double precision not null,
    their_share double precision not null,
    difference  double precision not null,
    difference_low  double precision not null,
    difference_high double precision not null,
    by_brand    jsonb not null,
    kind        text not null check (kind in ('white_space', 'behind', 'even', 'ahead', 'thin')),
    rank        integer,
    primary key (market_id, partition_key, persona_id, theme_id)
);
comment on table mart.gap is 'Persona x theme, us against them, with counts and a 95% interval of the difference of shares. thin: below the minimum support.';

create table mart.brief (
    market_id   text not null references core.market on delete cascade,
    brief_id    text not null,
    partition_key date not null,
    rank        integer not null,
    persona_id  text not null,
    theme_id    text not null,
    title       text not null,
    story       jsonb not null,
    evidence    jsonb not null,
    numbers     jsonb not null,
    body_md     text not null,
    writer      text not null,
    primary key (market_id, partition_key, brief_id)
);
comment on table mart.brief is 'A content brief as a user story. evidence lists ad_keys with their quotes; each number names the rows behind it.';

create table mart.brief_decision (
    market_id   text not null references core.market on delete cascade,
    brief_id    text not null,
    decision    text not null check (decision in ('approved', 'rejected', 'expired')),
    decided_by  text not null,
    reason      text,
    decided_at  timestamptz not null default now(),
    primary key (market_id, brief_id)
);
comment on table mart.brief_decision is 'What a human said of a brief. Kept apart so that writing briefs again loses no decision.';
