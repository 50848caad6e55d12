-- Who is logged in. Tokens are not kept, only what finds a session by them.
create table sessions (
  pool_id uuid not null,
  -- Rises with the time of issue, so that the newest first is the order of ids.
  id uuid not null,
  identity_id uuid not null,
  -- SHA-256 of the session token and of the one that can only end it. Both are random, so neither can be guessed.
  token_digest bytea not null,
  logout_digest bytea not null,
  aal text not null check (aal in ('aal0', 'aal1', 'aal2')),
  issued_at timestamptz not null,
  -- When its person last showed something.
  authenticated_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz,
  -- Sealed box under the identity's data key: methods and devices.
  box bytea not null,
  primary key (pool_id, id),
  unique (pool_id, token_digest),
  unique (pool_id, logout_digest),
  foreign key (pool_id, identity_id) references identities (pool_id, id) on delete cascade
);
-- @distribute sessions

create index sessions_identity on sessions (pool_id, identity_id, id);

create index sessions_unrevoked on sessions (pool_id, id) where revoked_at is null;

create index sessions_expiry on sessions (pool_id, expires_at);
