-- A page of a sweep is kept as it came before the next is asked for, and merged while the platform makes that one.
create unlogged table raw.arrived_page (
    name    text primary key,
    place   jsonb not null,
    records jsonb not null
);
alter table raw.arrived_page alter column records set storage external;  -- it lives for a moment: packing it is lost time
comment on table raw.arrived_page is 'The page that a running sweep has in hand: its records as they came, and the place after it (cursor, rows, observed_at, waited). Gone once it is in raw.ad_snapshot and ops.watermark holds its place. Unlogged: what Postgres loses of it in a crash of its own is asked for again.';
