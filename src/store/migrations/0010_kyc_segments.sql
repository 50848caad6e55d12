-- Pages of the kyc surface: every combination of its structural filters is a few segments of the pool, each of which has
-- its order of creation and of change. They take the place of an index for each filter. The rating itself is included so
-- that a page is found without looking at rows.
create index concurrently identities_segment_created
  on identities (pool_id, kyc_type, blocked, coalesce(risk_rating, 'none'), created_at, id) include (risk_rating)
  where is_open and verification_status <> 'merged';

create index concurrently identities_segment_updated
  on identities (pool_id, kyc_type, blocked, coalesce(risk_rating, 'none'), updated_at, id) include (risk_rating)
  where is_open and verification_status <> 'merged';

drop index identities_companies;

drop index identities_blocked;

drop index identities_risk;

drop index identities_updated;

-- Running totals of the segments, 'kyc:<type>:<blocked or free>:<risk or none>', which every write keeps from now on.
/* scatter: every pool of the installation, once */
insert into tallies (pool_id, name, slot, n)
  select pool_id,
    'kyc:' || kyc_type || ':' || case when blocked then 'blocked' else 'free' end || ':' || coalesce(risk_rating, 'none'),
    0, count(*)
  from identities where is_open and verification_status <> 'merged' group by 1, 2
  on conflict (pool_id, name, slot) do update set n = tallies.n + excluded.n;
