-- What is known of an identity without opening its box, beside its lifecycle: verification's status, reference and
-- counts. Stays when the box is destroyed. Columns are drawn from it where statements filter by them.
alter table identities add column standing jsonb not null default '{}';

alter table identities add column verification_status text not null
  generated always as (coalesce(standing ->> 'status', 'pending')) stored;

alter table identities add column external_ref text generated always as (standing ->> 'externalRef') stored;

alter table identities add column country text generated always as (standing ->> 'country') stored;

create index identities_verification on identities (pool_id, verification_status, id);

create index identities_country on identities (pool_id, country, id) where country is not null;

-- Keyed digests of normalised attributes, 128 bits each: equal values find each other and nothing else can be read.
create table search_keys (
  pool_id uuid not null,
  identity_id uuid not null,
  key uuid not null,
  created_at timestamptz not null,
  primary key (pool_id, identity_id, key),
  foreign key (pool_id, identity_id) references identities (pool_id, id) on delete cascade
);
-- @distribute search_keys

create index search_keys_key on search_keys (pool_id, key, identity_id);

-- Keyed trigrams of what may be searched by a part of it: candidates, compared before they are returned. The grams of
-- two pools never meet, because their keys differ.
create table search_grams (
  pool_id uuid not null,
  identity_id uuid not null,
  space text not null,
  grams bigint[] not null,
  primary key (pool_id, identity_id, space),
  foreign key (pool_id, identity_id) references identities (pool_id, id) on delete cascade
);
-- @distribute search_grams

create index search_grams_grams on search_grams using gin (grams) with (fastupdate = off);

-- Where a request came from, sealed under the pool's key: address, method and path.
alter table audit_entries add column origin bytea;

create index audit_entries_subject on audit_entries (pool_id, subject_id, id);

-- The record's version after the change: the order of one identity's events. And what may be told of it: no personal data.
alter table outbox add column subject_version integer;

alter table outbox add column data jsonb;

-- Erasing an identity removes the replies that were sealed for it.
create index idempotent_replies_sealed on idempotent_replies (pool_id, sealed_for_identity)
  where sealed_for_identity is not null;

-- How verification behaves in a pool.
create table verification_settings (
  pool_id uuid primary key,
  -- Which keys extracted_data may carry; null: all of them.
  api_pii_fields text[],
  sensitive_data_retention_days integer,
  plan text not null default 'enterprise',
  -- Sessions that may be made in a calendar month (UTC); null: no quota.
  session_quota integer
);
-- @distribute verification_settings

create table identity_types (
  pool_id uuid not null,
  id uuid not null,
  name text not null,
  -- label, description, statuses, default status.
  definition jsonb not null,
  is_default boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pool_id, id),
  unique (pool_id, name)
);
-- @distribute identity_types

create table custom_fields (
  pool_id uuid not null,
  id uuid not null,
  type_id uuid not null,
  name text not null,
  -- label, type, rules, order.
  definition jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pool_id, id),
  unique (pool_id, type_id, name),
  foreign key (pool_id, type_id) references identity_types (pool_id, id) on delete cascade
);
-- @distribute custom_fields

-- One attempt to check a person or company (DESIGN 2): verification's session with its result.
create table verifications (
  pool_id uuid not null,
  id uuid not null,
  -- Null until it is linked at completion, and for one without a reference.
  identity_id uuid,
  external_ref text,
  status text not null,
  version integer not null default 1,
  -- Workflow, status and time of the result; no personal data.
  facts jsonb not null default '{}',
  -- Sealed under the verification's own key: what the caller said of it, and the result. Null once redacted.
  content bytea,
  has_result boolean not null default false,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  ended_at timestamptz,
  redacted_at timestamptz,
  primary key (pool_id, id)
);
-- @distribute verifications

create index verifications_identity on verifications (pool_id, identity_id, id) where identity_id is not null;

create index verifications_status on verifications (pool_id, status, id);

create index verifications_external_ref on verifications (pool_id, external_ref, id) where external_ref is not null;

-- Apart, so that redacting is one delete and a backup can leave them out.
create table verification_keys (
  pool_id uuid not null,
  verification_id uuid not null,
  wrapped bytea not null,
  primary key (pool_id, verification_id),
  foreign key (pool_id, verification_id) references verifications (pool_id, id) on delete cascade
);
-- @distribute verification_keys

-- What a pool has used of a quota in a window.
create table quota_uses (
  pool_id uuid not null,
  name text not null,
  window_start timestamptz not null,
  used integer not null,
  primary key (pool_id, name, window_start)
);
-- @distribute quota_uses

-- Links that callers or merges made, one row for each direction; what equal attributes link is not stored.
create table relationships (
  pool_id uuid not null,
  identity_id uuid not null,
  id uuid not null,
  related_id uuid not null,
  type text not null,
  -- Sealed under both identities' keys, one inside the other: erasing either destroys it.
  metadata bytea,
  created_at timestamptz not null,
  primary key (pool_id, identity_id, id),
  foreign key (pool_id, identity_id) references identities (pool_id, id) on delete cascade,
  foreign key (pool_id, related_id) references identities (pool_id, id) on delete cascade
);
-- @distribute relationships

create index relationships_related on relationships (pool_id, related_id, id);
