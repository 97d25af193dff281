-- A session lock: it says "alive" for as long as the connection stands, and a killed process loses it at once.
select pg_advisory_lock(hashtext('llm.owner'), %(owner)s)
