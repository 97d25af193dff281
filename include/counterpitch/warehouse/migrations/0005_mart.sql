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
    read_from   text not null references core.ad_text,
    product     text,
    tone        text,
    mentions    integer not null,
    dropped     integer not null,
    primary key (market_id, text_hash),
    check ((status = 'pending') = (reason is not null))
);
comment on table mart.reading is 'Each text that was read for pillars, by which extractor, and how many mentions were dropped for want of an exact quote. empty: read, and it names no audience, need or feature. pending: not read yet, and why. read_from: the text that was read; another than text_hash where a near-duplicate took over the mentions whose quotes it also holds.';
create index reading_pending on mart.reading (market_id) where status = 'pending';

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
    check ((quote is null) = (quote_end is null)),
    check (quote is null or quote_end - quote_start = char_length(quote)),
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

create table mart.clustering (
    market_id   text not null references core.market on delete cascade,
    partition_key date not null,
    kind        text not null check (kind in ('theme', 'persona')),
    clusters    integer not null,
    texts       integer not null,
    named       integer not null,
    inferred    integer not null,
    unassigned  integer not null,
    detail      jsonb not null,
    primary key (market_id, partition_key, kind)
);
comment on table mart.clustering is 'How the themes and personas of a day came about: texts read, how many say their theme or audience, how many were given one by likeness, how many have none; detail holds the window, the sweep of each brand, the criterion with its value for each k, and the threshold of likeness.';

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
    pinned      boolean not null default false,
    muted       boolean not null default false,
    primary key (market_id, partition_key, theme_id)
);
comment on table mart.theme is 'What the market talks about: clusters of needs and features said in the four weeks up to the day. theme_id persists from day to day by membership. stability: mean Jaccard overlap with the nearest cluster over subsamples (Hennig 2007); null where there was too little to resample.';

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
    pinned      boolean not null default false,
    muted       boolean not null default false,
    primary key (market_id, partition_key, persona_id)
);
comment on table mart.persona is 'Who the market speaks to: clusters of audiences with the needs said beside them. persona_id persists from day to day. texts, ads and brands count the ones that name the audience and those given to it by likeness.';

create table mart.persona_member (
    market_id   text not null,
    partition_key date not null,
    text_hash   text not null,
    persona_id  text not null,
    basis       text not null check (basis in ('named', 'inferred')),
    similarity  double precision not null,
    primary key (market_id, partition_key, text_hash, persona_id),
    foreign key (market_id, partition_key, persona_id) references mart.persona on delete cascade
);
comment on table mart.persona_member is 'The texts that speak to each persona. basis: named, the text says its audience; inferred, its needs and hook are nearest to those said to the persona, above a threshold set on texts that name theirs.';

create table mart.curation (
    market_id   text not null references core.market on delete cascade,
    kind        text not null check (kind in ('theme', 'persona')),
    subject_id  text not null,
    action      text not null check (action in ('rename', 'merge', 'pin', 'mute')),
    value       text,
    decided_by  text not null,
    decided_at  timestamptz not null default now(),
    primary key (market_id, kind, subject_id, action),
    check ((action in ('rename', 'merge')) = (value is not null)),
    check (value is distinct from subject_id)
);
comment on table mart.curation is 'A marketer''s hand on a theme or persona: rename (value: the label), merge (value: the id it goes into), pin, mute. Kept apart from the clustering, and applied to each new one.';

create table mart.gap (
    market_id   text not null references core.market on delete cascade,
    partition_key date not null,
    persona_id  text not null,
    theme_id    text not null,
    our_ads     integer not null,
    their_ads   integer not null,
    our_messages   integer not null,
    their_messages integer not null,
    our_total   integer not null,
    their_total integer not null,
    their_brands integer not null,
    our_share   double precision not null,
    their_share double precision not null,
    difference  double precision not null,
    difference_low  double precision not null,
    difference_high double precision not null,
    p_value     double precision not null,
    q_value     double precision,
    own_facts   integer not null,
    by_brand    jsonb not null,
    kind        text not null check (kind in ('white_space', 'behind', 'even', 'ahead', 'thin')),
    rank        integer,
    primary key (market_id, partition_key, persona_id, theme_id)
);
comment on table mart.gap is 'Persona x theme, us against them. A message is the distinct words of one brand (near-copies are one); shares are messages of the cell over all messages read (our_total, their_total); difference is our share minus theirs with its 95% interval (Newcombe 1998, method 10). q_value: Benjamini-Hochberg over the supported cells of the market and day, null where thin. own_facts: features of the theme that our own ads quote. white_space: they say it, we do not, and a fact of ours backs the answer. thin: below the minimum support.';

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
comment on table mart.brief is 'A content brief as a user story. evidence lists ad_keys with their quotes; each number names the rows behind it. brief_id is the same for the same persona and theme.';

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
