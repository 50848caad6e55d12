-- Who decides on persons and companies of a pool. A pool without rows has the built-in provider, switched on.
create table kyc_providers (
  pool_id uuid not null,
  slug text not null,
  kind text not null check (kind in ('builtin', 'http')),
  -- Operations, automatic approval; of an outside one its address.
  definition jsonb not null,
  -- Of an outside one, sealed under the pool's key and bound to this provider: signs what goes to and fro.
  secret bytea,
  is_enabled boolean not null default true,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pool_id, slug)
);
-- @distribute kyc_providers

-- What one provider makes of one identity (kycStatus), and what is to be done about it next: entry and queue are one
-- row, so that a verdict and the end of its task are one write. No personal data: codes of checks and words of ours.
create table kyc_cases (
  pool_id uuid not null,
  identity_id uuid not null,
  provider text not null,
  -- Counts every change but those of the queue; conditional writes compare it.
  version integer not null default 1,
  state text not null check (state in ('pending', 'exception', 'approved', 'rejected', 'expired')),
  exceptions text[] not null,
  checks jsonb not null,
  risk text check (risk in ('low', 'medium', 'high')),
  -- The latest one; earlier ones of this case are verifications of their own.
  verification_id uuid not null,
  -- Of the facts that the verification is about.
  revision integer not null,
  -- The last day on which the evidence holds.
  valid_until date,
  -- The provider's own name of the case.
  external_ref text,
  task text check (task in ('submit', 'refresh', 'cancel')),
  attempts integer not null default 0,
  -- When the task is to be done; while somebody is at it, when he counts as gone. Null: nothing to do but wait.
  due_at timestamptz,
  claim uuid,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pool_id, identity_id, provider),
  foreign key (pool_id, identity_id) references identities (pool_id, id) on delete cascade
);
-- @distribute kyc_cases

create index kyc_cases_due on kyc_cases (pool_id, due_at) where due_at is not null;

create index kyc_cases_verification on kyc_cases (pool_id, verification_id);

-- What waits for a person, the longest first.
create index kyc_cases_review on kyc_cases (pool_id, updated_at, identity_id, provider) where state = 'exception';

create index kyc_cases_validity on kyc_cases (pool_id, valid_until) where state = 'approved' and valid_until is not null;

-- Cases that somebody may still decide: of identities that are gone they are cancelled.
create index kyc_cases_open on kyc_cases (pool_id, identity_id) where state in ('pending', 'exception');

-- A relationship by its id alone, as the kyc surface asks for it.
create index concurrently relationships_id on relationships (pool_id, id);

-- Verifications that are about an identity, newest first, without counting through those that are not.
create index concurrently verifications_linked on verifications (pool_id, id) where identity_id is not null;
