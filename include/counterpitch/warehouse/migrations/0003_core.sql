-- The facts. Slices of (source, brand, day) are replaced whole; core.ad is derived from them.
create table core.ad_text (
    text_hash   text primary key,
    body        text not null default '',
    title       text not null default '',
    description text not null default '',
    call_to_action text not null default '',
    clean_text  text not null,
    cleaning    text not null,
    language    text not null default 'und',
    words       integer not null,
    readable    boolean not null
);
comment on table core.ad_text is 'Distinct words of ads by their content: the four fields without scraping residue and clean_text, which joins them in lines. text_hash is the hash of these words, so a row never changes and quotes keep their place; the text as it was scraped stays in raw. readable: enough words for pillars.';

create table core.ad_seen_daily (
    source      text not null,
    brand_id    text not null references core.brand,
    partition_key date not null,
    ad_id       text not null,
    ad_key      text generated always as (source || ':' || ad_id) stored,
    text_hash   text references core.ad_text,
    version_hashes text[] not null default '{}',
    page_id     text,
    media_type  text,
    platforms   text[] not null default '{}',
    countries   text[] not null default '{}',
    landing_url text,
    public_url  text,
    delivery_start date,
    delivery_stop  date,
    page_rank   integer,
    reach       bigint,
    variants    integer,
    low_impressions boolean,
    seen_from   date,
    seen_until  date,
    is_active   boolean not null default true,
    primary key (source, brand_id, partition_key, ad_id)
);
comment on table core.ad_seen_daily is 'An ad as it was seen in one sweep. text_hash is null where only a sighting (rank) is known; version_hashes holds all words it was seen with that day. seen_from and seen_until: the span in which the source itself says it saw the ad, where it says so. Slice: (source, brand, day).';
create index ad_seen_daily_key on core.ad_seen_daily (partition_key, brand_id);
create index ad_seen_daily_ad on core.ad_seen_daily (ad_key, partition_key);

create function core.later(anyelement, anyelement) returns anyelement
language sql immutable strict parallel safe as 'select $2';
comment on function core.later(anyelement, anyelement) is 'Step of core.last_known. Being strict, it skips what is null.';

create aggregate core.last_known(anyelement) (sfunc = core.later, stype = anyelement);
comment on aggregate core.last_known(anyelement) is 'The last value that is not null, in the order given: last_known(reach order by partition_key).';

create table core.ad (
    ad_key      text primary key,
    source      text not null,
    ad_id       text not null,
    brand_id    text not null references core.brand,
    text_hash   text references core.ad_text,
    media_type  text,
    platforms   text[] not null default '{}',
    countries   text[] not null default '{}',
    landing_url text,
    public_url  text,
    first_seen  date not null,
    last_seen   date not null,
    delivery_start date,
    delivery_stop  date,
    running_days integer not null,
    days_seen   integer not null,
    variants    integer,
    reach       bigint,
    best_rank   integer,
    status      text not null check (status in ('active', 'stopped', 'unknown')),
    variant_group text
);
comment on table core.ad is 'The current state of each ad, derived from core.ad_seen_daily: never written from a fetch, so an old day re-run after a new one cannot turn it back. status is stopped only where the platform says so or a later listing of the brand (or of the ad''s page) did not show it. variant_group is shared by the brand''s ads with nearly the same words: the text_hash of the one seen first.';
create index ad_brand on core.ad (brand_id);
create index ad_text_of_ad on core.ad (text_hash);

create table core.ad_event (
    brand_id    text not null references core.brand,
    ad_key      text not null,
    partition_key date not null,
    event       text not null check (event in ('new', 'changed', 'stopped', 'relaunched')),
    text_hash   text references core.ad_text,
    before_hash text references core.ad_text,
    primary key (ad_key, partition_key, event)
);
comment on table core.ad_event is 'What changed from listing to listing, derived from core.ad_seen_daily. new: an earlier listing did not show the ad. changed: other words than when it was last seen (before_hash). stopped: the first listing without it. relaunched: shown again after that. The first look at a brand makes no events.';
create index ad_event_day on core.ad_event (brand_id, partition_key);

create table core.ad_transcript (
    source      text not null,
    brand_id    text not null references core.brand,
    ad_id       text not null,
    ad_key      text generated always as (source || ':' || ad_id) stored,
    made_by     text not null,
    made_on     date not null,
    language    text,
    spoken      text not null default '',
    on_screen   text not null default '',
    summary     text not null default '',
    primary key (source, brand_id, ad_id, made_by)
);
comment on table core.ad_transcript is 'What a model heard and read in an ad''s video. Model output, so it never mixes with the words the platform published: who quotes it says made_by.';

create table core.ad_result_daily (
    source      text not null,
    brand_id    text not null references core.brand,
    ad_id       text not null,
    result_date date not null,
    ad_key      text generated always as (source || ':' || ad_id) stored,
    as_of       date not null,
    impressions bigint not null check (impressions >= 0),
    clicks      bigint not null check (clicks >= 0),
    link_clicks bigint check (link_clicks >= 0),
    spend       numeric(18, 4),
    currency    text,
    conversions numeric(18, 4),
    primary key (source, brand_id, ad_id, result_date)
);
comment on table core.ad_result_daily is 'Our own results by ad and day. Platforms restate them: the row with the later as_of wins.';

create table core.experiment_arm (
    source      text not null,
    experiment_id text not null,
    arm_id      text not null,
    headline    text not null,
    body        text not null default '',
    image_id    text,
    impressions bigint not null check (impressions >= 0),
    clicks      bigint not null check (clicks >= 0),
    started_on  date,
    owner       text not null,
    primary key (source, experiment_id, arm_id),
    check (clicks <= impressions)
);
comment on table core.experiment_arm is 'Arms of randomised tests. owner says whose audience it was: ''own'' or the name of the archive.';
