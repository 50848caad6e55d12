-- Keys of people: their credential is any active session of the identity, so they have no secret. Without a reference to
-- the identity, which is of its pool and may go while the key is still listed.
alter table api_keys add column identity_id uuid;

alter table api_keys alter column secret_hash drop not null;

alter table api_keys add constraint api_keys_credential
  check ((secret_hash is null) = (identity_id is not null)) not valid;

alter table api_keys validate constraint api_keys_credential;

-- One that counts for each identity, which also finds it.
create unique index concurrently api_keys_identity on api_keys (pool_id, identity_id)
  where identity_id is not null and revoked_at is null;
