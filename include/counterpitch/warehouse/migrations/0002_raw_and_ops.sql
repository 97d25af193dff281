-- What the platforms answered, and what the operations crew looks at.
create table raw.landed_file (
    file_sha256 text primary key,
    file_name   text not null,
    kind        text not null,
    mapping     text not null,
    options     jsonb not null default '{}',
    rows_read   bigint not null,
    rows_landed bigint not null,
    rows_quarantined bigint not null,
    landed_at   timestamptz not null default now(),
    check (rows_read = rows_landed + rows_quarantined)
);
comment on table raw.landed_file is 'A file that was imported. The three counts add up: a row is landed on a slice or held in quarantine.';

create table raw.landed_row (
    file_sha256 text not null references raw.landed_file on delete cascade,
    row_number  bigint not null,
    source      text not null,
    brand_id    text,
    kind        text not null,
    partition_key date,
    item_id     text not null,
    payload     jsonb not null,
    primary key (file_sha256, row_number),
    check (kind = 'experiments' or (brand_id is not null and partition_key is not null))
);
comment on table raw.landed_row is 'A file''s row on its slice, its non-empty cells as they stand in the file: the files source reads these, so a worker needs no shared disk. item_id is what the row is about: an ad, or an arm of an experiment. Only an archive''s experiments have no brand and may have no day.';
create index landed_row_slice on raw.landed_row (source, brand_id, kind, partition_key);

create table raw.ad_snapshot (
    source      text not null,
    brand_id    text not null,
    ad_id       text not null,
    partition_key date not null,
    content_hash text not null,
    shape       text not null,
    payload     jsonb not null,
    copies      integer not null check (copies > 0),
    observed_at timestamptz not null,
    seen_at     timestamptz not null,
    primary key (source, brand_id, partition_key, ad_id, content_hash)
);
comment on table raw.ad_snapshot is 'What a platform answered about an ad on a day, without any token. Append-only by content hash. shape names the parser that reads the payload; copies counts its repetitions in one sweep; observed_at is the first sweep that brought it, seen_at the last: the slice of the day is what its last sweep saw.';

create table ops.coverage (
    source      text not null,
    brand_id    text not null,
    kind        text not null default 'ads',
    partition_key date not null,
    state       text not null check (state in ('ok', 'empty', 'not_covered', 'failed')),
    code        text,
    message     text,
    rows        bigint not null default 0,
    listing     text not null default 'brand' check (listing in ('brand', 'pages', 'none')),
    observed_at timestamptz not null,
    primary key (source, brand_id, kind, partition_key)
);
comment on table ops.coverage is 'How the sweep of source x brand x day ended. A brand that shows nothing is not a brand that could not be read. listing says what an absence means: all ads of the brand were listed, all ads of the pages that were seen, or nothing (single ads were described).';

create table ops.intake (
    source      text not null,
    brand_id    text not null,
    kind        text not null default 'ads',
    partition_key date not null,
    rows_read   bigint not null,
    rows_core   bigint not null,
    rows_merged bigint not null,
    rows_quarantined bigint not null,
    primary key (source, brand_id, kind, partition_key),
    check (rows_read = rows_core + rows_merged + rows_quarantined)
);
comment on table ops.intake is 'The account of a slice: every row read is a core row, merged into one, or quarantined.';

create table ops.quarantine (
    quarantine_id bigint generated always as identity primary key,
    source      text not null,
    brand_id    text,
    kind        text not null default 'ads',
    partition_key date,
    stage       text not null check (stage in ('import', 'validate')),
    row_ref     text not null,
    expectation text not null,
    column_name text,
    value       text,
    reason      text not null,
    row         jsonb not null,
    file_sha256 text,
    status      text not null default 'held' check (status in ('held', 'replayed')),
    held_at     timestamptz not null default now(),
    unique nulls not distinct (stage, kind, source, brand_id, partition_key, row_ref)
);
comment on table ops.quarantine is 'Rows that failed validation, with the expectation, the value, the reason in words and the whole raw row.';
create index quarantine_slice on ops.quarantine (source, brand_id, partition_key);

create table ops.validation_result (
    partition_key date not null,
    suite       text not null,
    suite_version text not null,
    expectation text not null,
    column_name text not null default '',
    success     boolean not null,
    rows_checked bigint not null,
    rows_failed bigint not null,
    detail      jsonb not null default '{}',
    primary key (partition_key, suite, expectation, column_name)
);
comment on table ops.validation_result is 'Each expectation''s outcome for a partition.';

create table ops.watermark (
    name        text primary key,
    value       jsonb not null,
    updated_at  timestamptz not null default now()
);
comment on table ops.watermark is 'How far a reader has come.';
