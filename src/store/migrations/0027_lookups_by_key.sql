-- Of a table that has no statistics yet, the planner takes any index of a pool's for as good as the primary key, reads all
-- that the pool has in it, and keeps that plan: each login cost more than the one before. These indexes serve whoever
-- compares what stands in them, and cannot be used for anything else.
create index concurrently flows_expiring on flows (pool_id, expires_at) where expires_at is not null;

drop index flows_expiry;

create index concurrently kyc_cases_of_verification on kyc_cases (pool_id, verification_id)
  where verification_id is not null;

drop index kyc_cases_verification;

create index concurrently courier_messages_to on courier_messages (pool_id, recipient_digest, id)
  where recipient_digest is not null;

drop index courier_messages_recipient;

create index concurrently identities_verified on identities (pool_id, verification_status, id)
  where verification_status is not null;

drop index identities_verification;
