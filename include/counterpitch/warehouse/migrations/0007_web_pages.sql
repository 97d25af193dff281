-- What the brands' own sites say: pages as they were answered, and what stands on them day by day.
alter table core.feed drop constraint feed_kind_check;
alter table core.feed add constraint feed_kind_check check (kind in ('ads', 'results', 'pages'));

create table raw.web_page (
    brand_id    text not null,
    url         text not null,
    content_hash text not null,
    final_url   text not null,
    content_type text not null,
    body        bytea not null,
    etag        text,
    last_modified text,
    observed_at timestamptz not null,
    seen_at     timestamptz not null,
    primary key (brand_id, url, content_hash)
);
comment on table raw.web_page is 'A page of a brand''s site, byte for byte, each content once. content_hash is the SHA-256 of the body; url is the address as it was registered, final_url the one that answered after redirects. observed_at is the first sweep that met this content, seen_at the last, also where the site only said that it is unchanged. etag and last_modified are sent back to ask whether it changed.';

create table core.web_page (
    source      text not null,
    brand_id    text not null references core.brand,
    partition_key date not null,
    url         text not null,
    state       text not null check (state in ('read', 'unchanged', 'gone', 'forbidden', 'failed')),
    code        text,
    message     text,
    final_url   text,
    content_hash text,
    title       text,
    description text,
    language    text,
    text        text not null default '',
    claims      text[] not null default '{}',
    products    jsonb not null default '[]',
    observed_at timestamptz not null,
    primary key (source, brand_id, partition_key, url)
);
comment on table core.web_page is 'What a page of a brand''s site said on a day. state: read (new content), unchanged (the content of the last look), gone (the site no longer has it), forbidden (its robots.txt asks not to read it), failed (code and message say why). text is the main text without navigation; claims are its headings, list items and sentences, each once; products are [{name, brand, price, currency, ...}] as the page describes them for machines. Slice: (source, brand, day).';
