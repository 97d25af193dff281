-- The briefs of a market that a person said no to.
select brief_id from mart.brief_decision
where market_id = %(market_id)s and decision = 'rejected'
order by brief_id
