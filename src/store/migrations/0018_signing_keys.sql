-- What a pool signs tokens with: one key, made when it is first needed.
create table signing_keys (
  pool_id uuid primary key,
  id uuid not null,
  -- As RFC 7517 has it.
  public_key jsonb not null,
  -- The private key, sealed under the pool's key.
  sealed bytea not null,
  created_at timestamptz not null
);
-- @distribute signing_keys
