-- What the kyc surface filters and sorts by, drawn from the standing: no personal data. Who was never given a type is a
-- person.
alter table identities add column kyc_type text not null
  generated always as (coalesce(standing ->> 'type', 'person')) stored;

alter table identities add column blocked boolean not null
  generated always as (coalesce(standing ->> 'blocked', 'false') = 'true') stored;

alter table identities add column identity_owner text generated always as (standing ->> 'identityOwner') stored;

alter table identities add column risk_rating text generated always as (standing ->> 'riskRating') stored;

create index identities_companies on identities (pool_id, id) where kyc_type = 'company';

create index identities_blocked on identities (pool_id, id) where blocked;

create index identities_owner on identities (pool_id, identity_owner, id) where identity_owner is not null;

create index identities_risk on identities (pool_id, risk_rating, id) where risk_rating is not null;

create index identities_updated on identities (pool_id, updated_at, id);
