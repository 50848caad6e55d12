-- The latest rotation of each kind of a pool's keys, and how far it is: what was interrupted goes on from here.
create table rotations (
  pool_id uuid not null,
  -- root: pool keys wrapped anew; pool: a new pool key; data: a new data key for each identity.
  kind text not null check (kind in ('root', 'pool', 'data')),
  -- Of kind pool: the key version that everything comes under. Null until that key is made.
  target integer,
  -- Which of several tables is at work, counted from 0.
  step integer not null default 0,
  -- The last record that is done; null: none of the step.
  cursor uuid,
  -- Of kind data: records after this one were made later and need nothing.
  until_id uuid,
  done bigint not null default 0,
  total bigint not null default 0,
  -- Records that do not open, left as they are.
  failed bigint not null default 0,
  started_at timestamptz not null,
  finished_at timestamptz,
  -- The process at work, and until when it may be taken for alive without another sign.
  runner uuid,
  lease_until timestamptz,
  primary key (pool_id, kind)
);
-- @distribute rotations
