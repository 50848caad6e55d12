-- Above pools: small, rarely written, no pool in the key (the reference group).

-- Facts of the installation: which root key sealed it, which pool answers when none is named.
create table installation (
  key text primary key,
  value text not null
);
-- @reference installation

create table accounts (
  id uuid primary key,
  partition integer not null unique check (partition between 0 and 1073741823),
  title text not null,
  status text not null default 'extant' check (status in ('extant', 'deleted')),
  created_at timestamptz not null
);
-- @reference accounts

create table domains (
  id uuid primary key,
  account_id uuid not null references accounts (id),
  title text not null,
  status text not null default 'extant' check (status in ('extant', 'deleted')),
  created_at timestamptz not null
);
-- @reference domains

create index domains_account on domains (account_id, id);

create table rulesets (
  id uuid primary key,
  account_id uuid not null references accounts (id),
  domain_id uuid not null references domains (id),
  title text not null,
  status text not null default 'extant' check (status in ('extant', 'deleted')),
  -- Factor definitions in order; see core/pools/ruleset.ts.
  factors jsonb not null,
  methods jsonb not null default '[]',
  plans jsonb not null default '[]',
  created_at timestamptz not null
);
-- @reference rulesets

create index rulesets_domain on rulesets (domain_id, id);

create table pools (
  id uuid primary key,
  account_id uuid not null references accounts (id),
  domain_id uuid not null references domains (id),
  ruleset_id uuid not null references rulesets (id),
  title text not null,
  status text not null default 'extant' check (status in ('extant', 'deleted')),
  environment text not null check (environment in ('live', 'sandbox')),
  created_at timestamptz not null
);
-- @reference pools

create index pools_domain on pools (domain_id, id);

create index pools_ruleset on pools (ruleset_id, id);

create table api_keys (
  id uuid primary key,
  pool_id uuid not null references pools (id),
  -- SHA-256 over key id and secret.
  secret_hash bytea not null,
  label text not null,
  grants text[] not null,
  allowed_addresses text[],
  requests_per_minute integer not null,
  created_at timestamptz not null,
  expires_at timestamptz,
  suspended_at timestamptz,
  revoked_at timestamptz
);
-- @reference api_keys

-- Of pools: pool_id leads every key.

-- One row a pool. Writers of identities hold it (FOR KEY SHARE) while they rely on config_version; a change of
-- ruleset, pool, domain or account takes it FOR UPDATE and raises the version.
create table pool_states (
  pool_id uuid primary key,
  config_version integer not null default 1
);
-- @distribute pool_states

create table pool_keys (
  pool_id uuid not null,
  purpose text not null check (purpose in ('seal', 'index')),
  version integer not null,
  root_key_id text not null,
  wrapped bytea not null,
  created_at timestamptz not null,
  primary key (pool_id, purpose, version)
);
-- @distribute pool_keys

-- JSON Schemas of traits, sealed from nobody: they hold no personal data.
create table identity_schemas (
  pool_id uuid not null,
  id text not null,
  schema jsonb not null,
  is_default boolean not null default false,
  created_at timestamptz not null,
  primary key (pool_id, id)
);
-- @distribute identity_schemas

create table identities (
  pool_id uuid not null,
  id uuid not null,
  status text not null default 'extant' check (status in ('extant', 'archived', 'deleted', 'erased')),
  schema_id text not null default 'default',
  -- Counts every change; conditional writes compare it.
  version integer not null default 1,
  -- Sealed box: attributes, traits, factors, metadata, claims. Null once erased.
  profile bytea,
  -- Sealed box: first and last interaction. Null until the first one, and once erased.
  seen bytea,
  last_seen_at timestamptz,
  -- Neither deleted nor erased: what pools calls extant.
  is_open boolean generated always as (status in ('extant', 'archived')) stored,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pool_id, id)
);
-- @distribute identities

create index identities_open on identities (pool_id, is_open, id);

create index identities_last_seen on identities (pool_id, last_seen_at, id);

-- Apart from the identities, so that erasing is one delete and a backup can leave them out.
create table identity_keys (
  pool_id uuid not null,
  identity_id uuid not null,
  wrapped bytea not null,
  primary key (pool_id, identity_id),
  foreign key (pool_id, identity_id) references identities (pool_id, id) on delete cascade
);
-- @distribute identity_keys

-- Values that find exactly one identity in their space (R3); the digest is keyed.
create table identifiers (
  pool_id uuid not null,
  space text not null,
  digest bytea not null,
  identity_id uuid not null,
  primary key (pool_id, space, digest),
  foreign key (pool_id, identity_id) references identities (pool_id, id) on delete cascade
);
-- @distribute identifiers

create index identifiers_identity on identifiers (pool_id, identity_id);

-- Exact running totals, spread over slots so that writers do not queue: 'identities', 'closed', 'seen' and
-- 'factor:<name>' (extant identities that have the factor).
create table tallies (
  pool_id uuid not null,
  name text not null,
  slot smallint not null,
  n bigint not null,
  primary key (pool_id, name, slot)
);
-- @distribute tallies

-- Replies of creates under an idempotency key, kept 24 hours; sealed under the identity's (or the pool's) key.
create table idempotent_replies (
  pool_id uuid not null,
  digest bytea not null,
  request_digest bytea not null,
  -- Whose data key seals the reply, and that identity's pool; null: this pool's key.
  sealed_for_pool uuid,
  sealed_for_identity uuid,
  reply bytea not null,
  expires_at timestamptz not null,
  primary key (pool_id, digest)
);
-- @distribute idempotent_replies

create index idempotent_replies_expiry on idempotent_replies (pool_id, expires_at);

create table audit_entries (
  pool_id uuid not null,
  id uuid not null,
  at timestamptz not null,
  -- The API key that acted; null for the installation itself.
  key_id uuid,
  request_id text,
  action text not null,
  -- The identity, or the pool, ruleset, domain or account that was changed.
  subject_id uuid not null,
  -- Names of changed fields, never values.
  fields text[] not null,
  primary key (pool_id, id)
);
-- @distribute audit_entries

create table outbox (
  pool_id uuid not null,
  id uuid not null,
  at timestamptz not null,
  type text not null,
  subject_id uuid not null,
  fields text[] not null,
  primary key (pool_id, id)
);
-- @distribute outbox

-- Requests of a key in a window that have been leased to processes.
create table rate_leases (
  pool_id uuid not null,
  key_id uuid not null,
  window_start timestamptz not null,
  used integer not null,
  primary key (pool_id, key_id, window_start)
);
-- @distribute rate_leases

create table key_uses (
  pool_id uuid not null,
  key_id uuid not null,
  last_used_at timestamptz not null,
  primary key (pool_id, key_id)
);
-- @distribute key_uses
