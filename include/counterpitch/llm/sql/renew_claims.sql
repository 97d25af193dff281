-- A client that works keeps what it holds, however long its keys wait in line.
with claims as (
    update llm.claim set expires_at = now() + %(patience)s * interval '1 second' where owner = %(owner)s
)
update llm.reservation set expires_at = now() + %(patience)s * interval '1 second' where owner = %(owner)s
