-- Keys that may make one identity and no second (contract kyc 1).
alter table api_keys add column single_identity boolean not null default false;

-- Which of them have made it. Apart from the keys, which nothing that a request does may write to; and without a
-- reference to the identity, which may go while the key remembers.
create table key_identities (
  pool_id uuid not null,
  key_id uuid not null,
  created_at timestamptz not null,
  primary key (pool_id, key_id)
);
-- @distribute key_identities

-- Who was there before a provider was switched on gets a case there, one after the other. A row until everybody was
-- looked at.
create table kyc_catch_ups (
  pool_id uuid not null,
  provider text not null,
  -- The last identity that was looked at; null: none yet.
  after_id uuid,
  primary key (pool_id, provider),
  foreign key (pool_id, provider) references kyc_providers (pool_id, slug) on delete cascade
);
-- @distribute kyc_catch_ups
