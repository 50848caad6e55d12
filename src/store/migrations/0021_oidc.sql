-- Providers of OpenID Connect that people of a pool may sign in at.
create table oidc_providers (
  pool_id uuid not null,
  -- As requests and identifiers name it.
  id text not null,
  -- Label, issuer, client id, scopes, parameters, mapping of claims; no secret.
  definition jsonb not null,
  -- Of the client, sealed under the pool's key and bound to this provider; null: it has none.
  secret bytea,
  is_enabled boolean not null default true,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pool_id, id)
);
-- @distribute oidc_providers

-- Flows whose person was sent to a provider and is not back: the row goes as they come, so that each state is good once.
create table oidc_departures (
  pool_id uuid not null,
  flow_id uuid not null,
  -- Of the state, which the provider gives back.
  state_digest bytea not null,
  -- Sealed under the flow's key: provider, state, nonce, code verifier, what the form held.
  box bytea not null,
  expires_at timestamptz not null,
  primary key (pool_id, flow_id),
  unique (pool_id, state_digest),
  foreign key (pool_id, flow_id) references flows (pool_id, id) on delete cascade
);
-- @distribute oidc_departures

-- Native clients that wait for what a browser does in their flow. The row goes as the token is fetched.
create table token_exchanges (
  pool_id uuid not null,
  flow_id uuid not null,
  -- Of the code that the client holds.
  init_digest bytea not null,
  -- Of the code that the browser brings; null until the flow is done.
  return_digest bytea,
  -- The session's token, sealed under the flow's key; null until the flow is done.
  box bytea,
  expires_at timestamptz not null,
  primary key (pool_id, flow_id),
  unique (pool_id, init_digest),
  foreign key (pool_id, flow_id) references flows (pool_id, id) on delete cascade
);
-- @distribute token_exchanges
