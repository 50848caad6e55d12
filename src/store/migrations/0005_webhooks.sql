-- Where events of a pool are sent.
create table webhook_endpoints (
  pool_id uuid not null,
  id uuid not null,
  url text not null,
  -- Which surface's events and envelope it gets: verification.
  dialect text not null,
  -- Sealed under the pool's key, bound to this endpoint.
  secret bytea not null,
  -- Events, blocked field names, conditions, API version, key inflection, label, description.
  definition jsonb not null,
  is_active boolean not null default true,
  -- When it was switched off, by its owner or after failures in a row.
  disabled_at timestamptz,
  -- Deliveries in a row that were given up.
  failures integer not null default 0,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (pool_id, id)
);
-- @distribute webhook_endpoints

-- One event for one endpoint.
create table webhook_deliveries (
  pool_id uuid not null,
  endpoint_id uuid not null,
  id uuid not null,
  -- The event in the outbox, which is kept for a shorter time.
  event_id uuid not null,
  at timestamptz not null,
  type text not null,
  subject_id uuid not null,
  subject_version integer not null,
  -- Names of changed fields, never values; and what may be told of the subject.
  fields text[] not null,
  data jsonb,
  status text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
  -- Asked for again: neither waits for other deliveries of its subject nor keeps them waiting.
  is_replay boolean not null default false,
  attempts integer not null default 0,
  -- When it is to be sent; while it is being sent, when it counts as forgotten. Null while the endpoint is off.
  due_at timestamptz,
  -- The process's mark on a delivery that it is sending.
  claim uuid,
  attempted_at timestamptz,
  ended_at timestamptz,
  response_status integer,
  failure text,
  created_at timestamptz not null,
  primary key (pool_id, endpoint_id, id),
  foreign key (pool_id, endpoint_id) references webhook_endpoints (pool_id, id) on delete cascade
);
-- @distribute webhook_deliveries

create index webhook_deliveries_due on webhook_deliveries (pool_id, endpoint_id, due_at, id)
  where status = 'pending';

-- The order within a subject, of what is still to be delivered.
create index webhook_deliveries_order
  on webhook_deliveries (pool_id, endpoint_id, subject_id, subject_version, event_id)
  where status = 'pending' and not is_replay;

-- Held by whoever turns a pool's events into deliveries, so that they come into being in order.
create table webhook_feeds (
  pool_id uuid primary key,
  -- The subject at which the next batch begins; null: the first one.
  cursor uuid
);
-- @distribute webhook_feeds

-- Null: not yet looked at for webhooks.
alter table outbox add column fanned_out_at timestamptz;

create index concurrently outbox_waiting on outbox (pool_id, subject_id, subject_version, id)
  where fanned_out_at is null;
