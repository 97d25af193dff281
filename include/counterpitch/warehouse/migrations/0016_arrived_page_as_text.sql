-- The page in hand is taken apart when it is merged, not while the sweep waits for it to be kept.
alter table raw.arrived_page alter column records type json using records::text::json;
alter table raw.arrived_page alter column records set storage external;  -- a new type forgets the old one's storage
