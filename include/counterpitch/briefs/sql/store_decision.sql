-- A person's decision stands: a later question about the same brief that nobody answered does not undo it.
insert into mart.brief_decision as stored (market_id, brief_id, decision, decided_by, reason)
values (%(market_id)s, %(brief_id)s, %(decision)s, %(decided_by)s, %(reason)s)
on conflict (market_id, brief_id) do update
set decision = excluded.decision, decided_by = excluded.decided_by, reason = excluded.reason, decided_at = now()
where excluded.decision <> 'expired' or stored.decision = 'expired'
