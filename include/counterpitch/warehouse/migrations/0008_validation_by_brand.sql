-- What every expectation found, by source and brand, so that a reader sees whose rows failed what and against which bound.
alter table ops.validation_result
    drop constraint validation_result_pkey,
    add column source text not null default '',
    add column brand_id text not null default '',
    add column level text not null default 'row' check (level in ('row', 'warn', 'stop')),
    add column observed text not null default '',
    add column bound text not null default '',
    add column validated_at timestamptz not null default now(),
    add primary key (partition_key, suite, source, brand_id, expectation, column_name);
comment on table ops.validation_result is 'Each expectation''s outcome for a partition, by source and brand (both empty: the whole run). level: row, failing rows go to quarantine; warn, recorded; stop, the run ends before anything downstream moves. observed and bound say in words what was found and what was asked. Re-made by every run of the day; detail holds the reason and what to do.';
create index validation_result_brand on ops.validation_result (brand_id, partition_key);
