-- The briefs of a market that a person said yes or no to.
select brief_id from mart.brief_decision
where market_id = %(market_id)s and decision in ('approved', 'rejected')
order by brief_id
