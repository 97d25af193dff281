-- Money spent and set aside: today by everybody, and by this run on any day. UTC days.
select
    (select coalesce(sum(cost), 0) from llm.ledger where spent_on = (now() at time zone 'utc')::date)
    + (select coalesce(sum(amount), 0) from llm.reservation
       where spent_on = (now() at time zone 'utc')::date
         and (owner = 0 or expires_at > now() and owner in (select owner from llm.alive))) as today,
    (select coalesce(sum(cost), 0) from llm.ledger where run = %(run)s)
    + (select coalesce(sum(amount), 0) from llm.reservation
       where run = %(run)s and (owner = 0 or expires_at > now() and owner in (select owner from llm.alive))) as run
