-- Refresh tokens of a login: one that works, and the one before it. The family is the session.
create table identify_families (
  pool_id uuid not null,
  session_id uuid not null,
  -- Of whole tokens. They are signed, so neither can be guessed.
  refresh_digest bytea not null,
  previous_digest bytea,
  rotated_at timestamptz,
  -- Of the device that asked for it, where it named one.
  rotated_by bytea,
  primary key (pool_id, session_id),
  foreign key (pool_id, session_id) references sessions (pool_id, id) on delete cascade
);
-- @distribute identify_families

-- Codes for a new password: one an address, which need not be anybody's.
create table identify_codes (
  pool_id uuid not null,
  address_digest bytea not null,
  -- Null: nobody's, and no code opens anything.
  identity_id uuid,
  code_digest bytea not null,
  tries integer not null default 0,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (pool_id, address_digest)
);
-- @distribute identify_codes

create index identify_codes_expiry on identify_codes (pool_id, expires_at);

-- Tokens of providers outside whose bearers logged out: refused until they end by themselves.
create table identify_denied_tokens (
  pool_id uuid not null,
  digest bytea not null,
  expires_at timestamptz not null,
  primary key (pool_id, digest)
);
-- @distribute identify_denied_tokens

create index identify_denied_tokens_expiry on identify_denied_tokens (pool_id, expires_at);

-- Refresh tokens that providers outside gave through us.
create table identify_outside_refresh (
  pool_id uuid not null,
  digest bytea not null,
  identity_id uuid not null,
  revoked_at timestamptz,
  expires_at timestamptz not null,
  primary key (pool_id, digest),
  foreign key (pool_id, identity_id) references identities (pool_id, id) on delete cascade
);
-- @distribute identify_outside_refresh

create index identify_outside_refresh_identity on identify_outside_refresh (pool_id, identity_id);

create index identify_outside_refresh_expiry on identify_outside_refresh (pool_id, expires_at);
