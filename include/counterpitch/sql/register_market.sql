-- Create or change the market and add its brands. Countries and languages that are null stay as they are.
with market as (
    insert into core.market as m (market_id, name, own_brand_id, countries, languages)
    values (
        %(market_id)s, %(name)s, %(own)s,
        coalesce(%(countries)s::text[], '{}'), coalesce(%(languages)s::text[], '{}')
    )
    on conflict (market_id) do update set
        name = excluded.name, own_brand_id = excluded.own_brand_id,
        countries = coalesce(%(countries)s::text[], m.countries),
        languages = coalesce(%(languages)s::text[], m.languages)
    returning market_id
), wanted as (
    select %(own)s as brand_id, 'own' as role
    union all
    select unnest(%(competitors)s::text[]), 'competitor'
)
insert into core.market_brand (market_id, brand_id, role)
select market_id, brand_id, role from market, wanted w
where not exists (
    select from core.market_brand b where b.market_id = %(market_id)s and b.brand_id = w.brand_id and b.role = w.role
)
