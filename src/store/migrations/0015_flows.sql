-- Self-service: what a person is in the middle of. Everything that may be personal, or a secret, is in the box.
create table flows (
  pool_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('login', 'registration', 'settings', 'recovery', 'verification')),
  type text not null check (type in ('api', 'browser')),
  state text not null
    check (state in ('choose_method', 'sent_email', 'passed_challenge', 'show_form', 'success')),
  -- The method that was submitted last.
  active text,
  requested_aal text not null check (requested_aal in ('aal1', 'aal2')),
  -- A session that is there already is to be confirmed.
  is_refresh boolean not null,
  -- Whose it is, once that is known.
  identity_id uuid,
  session_id uuid,
  -- Digest of the cookie that its browser holds; null in flows of native clients.
  csrf_digest bytea,
  -- The flow that took its place after it had expired.
  replaced_by uuid,
  -- Codes that were submitted, right and wrong.
  submit_count integer not null default 0,
  -- Rises with every change, so that of two at once only one counts.
  revision integer not null default 1,
  -- Sealed box: request URL, return address, nodes and messages, what methods keep between their steps.
  box bytea not null,
  issued_at timestamptz not null,
  updated_at timestamptz not null,
  expires_at timestamptz not null,
  -- When it was used up.
  finished_at timestamptz,
  primary key (pool_id, id),
  foreign key (pool_id, identity_id) references identities (pool_id, id) on delete cascade
);
-- @distribute flows

create index flows_expiry on flows (pool_id, expires_at);

create index flows_identity on flows (pool_id, identity_id) where identity_id is not null;

-- Keys of flows, wrapped under the pool's key. Apart, so that a backup can leave them out.
create table flow_keys (
  pool_id uuid not null,
  flow_id uuid not null,
  wrapped bytea not null,
  primary key (pool_id, flow_id),
  foreign key (pool_id, flow_id) references flows (pool_id, id) on delete cascade
);
-- @distribute flow_keys

-- Codes that were sent: of a flow, a purpose and an address there is one at a time.
create table flow_codes (
  pool_id uuid not null,
  flow_id uuid not null,
  purpose text not null check (purpose in ('login', 'registration', 'recovery', 'verification')),
  -- Keyed.
  address_digest bytea not null,
  -- Keyed, over the flow, the purpose and the six digits.
  code_digest bytea not null,
  -- Whose address it was when the code was sent; null: nobody's yet.
  identity_id uuid,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (pool_id, flow_id, purpose, address_digest),
  foreign key (pool_id, flow_id) references flows (pool_id, id) on delete cascade,
  foreign key (pool_id, identity_id) references identities (pool_id, id) on delete cascade
);
-- @distribute flow_codes

create index flow_codes_identity on flow_codes (pool_id, identity_id) where identity_id is not null;

-- Failed attempts with passwords, codes and secrets (R10). Only failures write here.
create table lockouts (
  pool_id uuid not null,
  scope text not null check (scope in ('identifier', 'address')),
  -- Keyed: of a login identifier, or of a network address.
  digest bytea not null,
  failures integer not null,
  -- The first failure of those that are counted.
  since timestamptz not null,
  primary key (pool_id, scope, digest)
);
-- @distribute lockouts

create index lockouts_since on lockouts (pool_id, since);
