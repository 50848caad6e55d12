// What a read and a write cannot do without: one row by its primary key, of the size that the product reads; and
// one statement that writes it, its audit entry and its event.
export const READ = `select id, status, version, profile from identities where pool_id = $1::uuid and id = $2::uuid`;
export const WRITE = `
  with record as (
      update identities set profile = $3::bytea, version = version + 1, updated_at = $4::timestamptz
      where pool_id = $1::uuid and id = $2::uuid
      returning id),
    audited as (
      insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields)
      select $1::uuid, $5::uuid, $4::timestamptz, $6::uuid, $7::text, 'identity.updated', record.id, '{metadata}'
      from record),
    announced as (
      insert into outbox (pool_id, id, at, type, subject_id, fields)
      select $1::uuid, $8::uuid, $4::timestamptz, 'identity.updated', record.id, '{metadata}' from record)
  select count(*)::integer as n from record`;
/** The same with what finds the record: one identifier, eight look-up keys and the trigrams of an e-mail made anew. */
export const WRITE_FINDABLE = `
  with record as (
      update identities set profile = $3::bytea, version = version + 1, updated_at = $4::timestamptz
      where pool_id = $1::uuid and id = $2::uuid
      returning id),
    released as (delete from identifiers where pool_id = $1::uuid and identity_id = $2::uuid returning 1),
    hidden as (delete from search_keys where pool_id = $1::uuid and identity_id = $2::uuid returning 1),
    claimed as (
      insert into identifiers (pool_id, space, digest, identity_id)
      select $1::uuid, 'email', $9::bytea, record.id from record
      returning 1),
    findable as (
      insert into search_keys (pool_id, identity_id, key, created_at)
      select $1::uuid, record.id, u.key, $4::timestamptz from record, unnest($10::uuid[]) as u(key)
      returning 1),
    grammed as (
      insert into search_grams (pool_id, identity_id, space, grams)
      select $1::uuid, record.id, 'email', $11::bigint[] from record
      on conflict (pool_id, identity_id, space) do update set grams = excluded.grams
      returning 1),
    audited as (
      insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields)
      select $1::uuid, $5::uuid, $4::timestamptz, $6::uuid, $7::text, 'identity.updated', record.id, '{email}'
      from record),
    announced as (
      insert into outbox (pool_id, id, at, type, subject_id, fields)
      select $1::uuid, $8::uuid, $4::timestamptz, 'identity.updated', record.id, '{email}' from record)
  select count(*)::integer as n from record`;
export const KEYS = 8;
export const GRAMS = 24;
/** Less than the product does: what a write would cost without audit entry and event. */
export const UPDATE_ONLY = `
  update identities set profile = $3::bytea, version = version + 1, updated_at = $4::timestamptz
  where pool_id = $1::uuid and id = $2::uuid returning id`;
/** A person that is new: the rows of `POST /identities`, its case, its verification and its totals included. */
export const NEW = `
  with record as (
      insert into identities (pool_id, id, schema_id, profile, standing, created_at, updated_at)
      values ($1::uuid, $2::uuid, 'default', $3::bytea, '{"type":"person"}', $4::timestamptz, $4::timestamptz)
      returning id),
    keyed as (
      insert into identity_keys (pool_id, identity_id, wrapped) select $1::uuid, record.id, $17::bytea from record
      returning 1),
    claimed as (
      insert into identifiers (pool_id, space, digest, identity_id)
      select $1::uuid, 'email', $9::bytea, record.id from record
      returning 1),
    findable as (
      insert into search_keys (pool_id, identity_id, key, created_at)
      select $1::uuid, record.id, u.key, $4::timestamptz from record, unnest($10::uuid[]) as u(key)
      returning 1),
    grammed as (
      insert into search_grams (pool_id, identity_id, space, grams)
      select $1::uuid, record.id, 'email', $11::bigint[] from record
      returning 1),
    counted as (
      insert into tallies (pool_id, name, slot, n)
      select $1::uuid, u.name, $13::smallint, 1 from record, unnest($12::text[]) as u(name)
      on conflict (pool_id, name, slot) do update set n = tallies.n + excluded.n
      returning 1),
    verified as (
      insert into verifications (pool_id, id, status, facts, content, created_at, updated_at, identity_id)
      select $1::uuid, $14::uuid, 'processing', '{"provider":"builtin"}', $18::bytea, $4::timestamptz,
        $4::timestamptz, record.id
      from record
      returning id),
    verified_key as (
      insert into verification_keys (pool_id, verification_id, wrapped)
      select $1::uuid, verified.id, $17::bytea from verified
      returning 1),
    judged as (
      insert into kyc_cases (pool_id, identity_id, provider, state, exceptions, checks, verification_id, revision,
        created_at, updated_at)
      select $1::uuid, record.id, 'builtin', 'pending', '{}', '[]', verified.id, 0, $4::timestamptz, $4::timestamptz
      from record, verified
      returning 1),
    audited as (
      insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields, origin)
      select $1::uuid, u.id, $4::timestamptz, $6::uuid, $7::text, u.action, u.subject, '{type,name,email}', $18::bytea
      from record, verified,
        (values ($5::uuid, 'identity.created', $2::uuid), ($15::uuid, 'session.created', $14::uuid))
          as u(id, action, subject)
      returning 1),
    announced as (
      insert into outbox (pool_id, id, at, type, subject_id, fields)
      select $1::uuid, u.id, $4::timestamptz, u.type, u.subject, '{type,name,email}'
      from record, (values ($8::uuid, 'identity.created', $2::uuid), ($16::uuid, 'session.created', $14::uuid))
        as u(id, type, subject)
      returning 1)
  select count(*)::integer as n from record`;
/** The running totals that a new person is counted in. */
export const TALLIES = ['identities', '"factor:email"', '"listed:pending"', '"kyc:person:free:none"'];
/** An identity of the iam surface that is new: what finds it is one identifier, one look-up key and its trigrams. */
export const NEW_IDENTITY = `
  with record as (
      insert into identities (pool_id, id, schema_id, profile, standing, credentials, created_at, updated_at)
      values ($1::uuid, $2::uuid, 'default', $3::bytea, '{}', $13::bytea, $4::timestamptz, $4::timestamptz)
      returning id),
    keyed as (
      insert into identity_keys (pool_id, identity_id, wrapped) select $1::uuid, record.id, $14::bytea from record
      returning 1),
    claimed as (
      insert into identifiers (pool_id, space, digest, identity_id)
      select $1::uuid, 'email', $8::bytea, record.id from record
      returning 1),
    findable as (
      insert into search_keys (pool_id, identity_id, key, created_at)
      select $1::uuid, record.id, $9::uuid, $4::timestamptz from record
      returning 1),
    grammed as (
      insert into search_grams (pool_id, identity_id, space, grams)
      select $1::uuid, record.id, 'email', $10::bigint[] from record
      returning 1),
    counted as (
      insert into tallies (pool_id, name, slot, n)
      select $1::uuid, u.name, $12::smallint, 1 from record, unnest($11::text[]) as u(name)
      on conflict (pool_id, name, slot) do update set n = tallies.n + excluded.n
      returning 1),
    audited as (
      insert into audit_entries (pool_id, id, at, key_id, request_id, action, subject_id, fields, origin)
      select $1::uuid, $5::uuid, $4::timestamptz, $6::uuid, $5::text, 'identity.created', record.id,
        '{traits,email,credentials.password}', $15::bytea
      from record
      returning 1),
    announced as (
      insert into outbox (pool_id, id, at, type, subject_id, fields)
      select $1::uuid, $7::uuid, $4::timestamptz, 'identity.created', record.id,
        '{traits,email,credentials.password}'
      from record
      returning 1)
  select count(*)::integer as n from record`;
/** A login: the flow that is begun, read, and used up with the session that comes of it. */
export const BEGIN_FLOW = `
  insert into flows (pool_id, id, kind, type, state, requested_aal, is_refresh, box, issued_at, updated_at, expires_at)
  values ($1::uuid, $2::uuid, 'login', 'api', 'choose_method', 'aal1', false, $3::bytea, $4::timestamptz,
    $4::timestamptz, $5::timestamptz)`;
export const FIND_FLOW = `select id, revision, box from flows where pool_id = $1::uuid and id = $2::uuid`;
export const FINISH_LOGIN = `
  with used as (
      update flows set state = 'passed_challenge', identity_id = $4::uuid, finished_at = $7::timestamptz,
        revision = revision + 1
      where pool_id = $1::uuid and id = $2::uuid and finished_at is null
      returning id)
  insert into sessions (pool_id, id, identity_id, token_digest, logout_digest, aal, issued_at, authenticated_at,
    expires_at, box)
  select $1::uuid, $3::uuid, $4::uuid, $5::bytea, $6::bytea, 'aal1', $7::timestamptz, $7::timestamptz,
    $7::timestamptz + interval '1 day', $8::bytea
  from used
  returning 1 as n`;
