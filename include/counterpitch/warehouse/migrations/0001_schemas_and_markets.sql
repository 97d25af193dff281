-- Schemas, and the market: the unit of insight. An own brand, its competitors, the countries and languages it looks at.
create schema if not exists raw;
create schema if not exists core;
create schema if not exists mart;
create schema if not exists ml;
create schema if not exists llm;
create schema if not exists ops;
comment on schema raw is 'What the platforms and files said, as they said it: append-only, never a token. Written by collecting and importing.';
comment on schema core is 'The facts: brands, markets, ads, texts, results, tests. Slices of (source, brand, day) are replaced whole. Written by validation.';
comment on schema mart is 'What people read: scores, pillars, themes, personas, gaps, briefs. Every table is keyed by market_id first. Written by the insight DAGs.';
comment on schema ml is 'Models with their record, the champion pointer, drift. Written by training.';
comment on schema llm is 'Answers of language models that were paid for, claims on keys in flight, and the money spent.';
comment on schema ops is 'The account of the work: coverage, intake, quarantine, validation, watermarks. Written by all.';

create table core.brand (
    brand_id    text primary key check (brand_id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    name        text not null,
    homepage    text,
    created_at  timestamptz not null default now()
);
comment on table core.brand is 'A brand whose ads are collected: ours or a competitor''s. brand_id is a slug of the name and never changes.';

create table core.page (
    source      text not null,
    page_id     text not null,
    brand_id    text not null references core.brand,
    page_name   text,
    primary key (source, page_id)
);
comment on table core.page is 'The page, advertiser account or handle under which a brand advertises on one platform.';

create table core.market (
    market_id   text primary key check (market_id ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    name        text not null,
    own_brand_id text not null references core.brand,
    countries   text[] not null default '{}',
    languages   text[] not null default '{}',
    created_at  timestamptz not null default now()
);
comment on table core.market is 'One own brand and the competitors it is read against. Every table of mart is keyed by market_id first.';

create table core.market_brand (
    market_id   text not null references core.market on delete cascade,
    brand_id    text not null references core.brand,
    role        text not null check (role in ('own', 'competitor')),
    primary key (market_id, brand_id)
);
comment on table core.market_brand is 'The brands of a market. A brand may sit in several markets.';
create unique index market_brand_one_own on core.market_brand (market_id) where role = 'own';

create table core.feed (
    brand_id    text not null references core.brand,
    source      text not null,
    kind        text not null check (kind in ('ads', 'results')),
    options     jsonb not null default '{}',
    enabled     boolean not null default true,
    primary key (brand_id, source, kind)
);
comment on table core.feed is 'Which source each brand is collected from. Options never hold a secret: tokens live in Airflow connections.';
