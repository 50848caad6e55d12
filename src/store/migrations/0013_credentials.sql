-- Sealed box under the identity's data key: passwords, one-time codes, keys, accounts at other providers. Null: none.
alter table identities add column credentials bytea;

-- What a pool says of its credentials beyond the defaults; see core/iam/config.ts.
create table iam_settings (
  pool_id uuid primary key,
  definition jsonb not null
);
-- @distribute iam_settings
