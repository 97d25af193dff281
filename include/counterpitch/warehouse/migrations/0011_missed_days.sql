-- Days on which nobody asked: they are caught up where the platform still answers, and said to be lost where not.
alter table ops.coverage drop constraint coverage_state_check;
alter table ops.coverage add constraint coverage_state_check
    check (state in ('ok', 'empty', 'not_covered', 'failed', 'lost'));
comment on table ops.coverage is 'How the sweep of source x brand x day ended. A brand that shows nothing is not a brand that could not be read. lost: nobody asked on the day, and the platform tells only of now. listing says what an absence means: all ads of the brand were listed, all ads of the pages that were seen, or nothing (single ads were described).';

alter table core.feed add column asked_from date not null default (now() at time zone 'utc')::date - 1;
comment on column core.feed.asked_from is 'The day from which on it is asked daily. A later day of which ops.coverage tells nothing was missed.';
