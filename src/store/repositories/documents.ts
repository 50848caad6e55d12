import type { BlobId } from '../../core/blobs/ports.ts';
import type { DocumentKind, DocumentStore, StoredDocument } from '../../core/kyc/document-ports.ts';
import type { IdentityId, PoolId } from '../../core/ports.ts';
import type { Session } from '../session.ts';

const INSERT_UPLOAD = `
  with stored as (
      insert into uploads (pool_id, id, object_name, facts, created_at, expires_at)
      values ($1::uuid, $2::uuid, $3::text, $4::bytea, $6::timestamptz, $7::timestamptz)
      returning 1),
    keyed as (
      insert into upload_keys (pool_id, upload_id, wrapped) values ($1::uuid, $2::uuid, $5::bytea)
      returning 1)
  select (select count(*) from stored)::integer + (select count(*) from keyed)::integer as n`;

// Who comes second waits for the row, and then does not find it.
const TAKE = `
  with taken as (
      delete from uploads
      where uploads.pool_id = $1::uuid and uploads.object_name = any($2::text[]) and uploads.expires_at > $3::timestamptz
      returning uploads.id, uploads.object_name, uploads.facts),
    keyed as (
      delete from upload_keys using taken
      where upload_keys.pool_id = $1::uuid and upload_keys.upload_id = taken.id
      returning upload_keys.upload_id, upload_keys.wrapped)
  select taken.id, taken.object_name, taken.facts, keyed.wrapped, s.config_version
  from taken join keyed on keyed.upload_id = taken.id join pool_states s on s.pool_id = $1::uuid`;

/** Records that were folded into another one are nobody of their own any more, like closed ones. */
const VISIBLE = `i.is_open and i.verification_status <> 'merged'`;

// With the key in the same statement: box and key belong together also while keys are rotated.
const SELECT = `
  select d.identity_id, d.id, d.kind, d.upload_id, d.object_name, d.file, d.details, d.content_digest, d.created_at,
    d.updated_at, k.wrapped, s.config_version
  from documents d
  join identities i on i.pool_id = $1::uuid and i.id = d.identity_id
  join identity_keys k on k.pool_id = $1::uuid and k.identity_id = d.identity_id
  join pool_states s on s.pool_id = $1::uuid
  where d.pool_id = $1::uuid and d.deleted_at is null and ${VISIBLE}`;

const LIST = `${SELECT} and d.identity_id = $2::uuid order by d.id`;
const FIND = `${SELECT} and d.identity_id = $2::uuid and d.id = $3::uuid`;
const FIND_BY_OBJECT = `${SELECT} and d.object_name = $2::text order by d.id limit 1`;

const INSERT = `
  insert into documents (pool_id, identity_id, id, kind, upload_id, object_name, file, details, content_digest,
    created_at, updated_at)
  values ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::uuid, $6::text, $7::bytea, $8::bytea, $9::bytea,
    $10::timestamptz, $11::timestamptz)`;

const REPLACE_DETAILS = `
  update documents set details = $4::bytea, updated_at = $5::timestamptz
  where pool_id = $1::uuid and identity_id = $2::uuid and id = $3::uuid and deleted_at is null`;

const MARK_DELETED = `
  update documents set deleted_at = $3::timestamptz
  where pool_id = $1::uuid and identity_id = $2::uuid and deleted_at is null`;

const IS_CONTENT_OF_ANOTHER = `
  select exists (
    select 1 from documents d join identities i on i.pool_id = $1::uuid and i.id = d.identity_id
    where d.pool_id = $1::uuid and ${VISIBLE} and d.content_digest = $2::bytea and d.identity_id <> $3::uuid
      and d.deleted_at is null) as found`;

// The keys go first in effect: nothing of this is seen by anybody before all of it is.
const REMOVE_EXPIRED = `
  with gone as (
      delete from uploads
      where uploads.pool_id = $1::uuid and uploads.id in (
        select u.id from uploads u
        where u.pool_id = $1::uuid and u.expires_at <= $2::timestamptz
        order by u.expires_at limit $3::integer for update skip locked)
      returning uploads.id, uploads.object_name),
    keyed as (
      delete from upload_keys using gone
      where upload_keys.pool_id = $1::uuid and upload_keys.upload_id = gone.id
      returning 1),
    queued as (
      insert into blob_removals (pool_id, object_name)
      select $1::uuid, gone.object_name from gone
      on conflict (pool_id, object_name) do nothing
      returning 1)
  select count(*)::integer as n from gone`;

const LIST_WASTE = `/* scatter: once a tick */
  select pool_id from uploads where expires_at <= $1::timestamptz group by pool_id
  union
  select pool_id from blob_removals group by pool_id`;

interface Row {
  identity_id: IdentityId;
  id: string;
  kind: DocumentKind;
  upload_id: BlobId;
  object_name: string;
  file: Buffer;
  details: Buffer;
  content_digest: Buffer;
  created_at: Date;
  updated_at: Date;
  wrapped: Buffer;
  config_version: number;
}

interface Taken {
  id: BlobId;
  object_name: string;
  facts: Buffer;
  wrapped: Buffer;
  config_version: number;
}

function toDocument(poolId: PoolId, row: Row): StoredDocument {
  const { id, kind, file, details } = row;
  return {
    ...{ poolId, id, kind, file, details, identityId: row.identity_id, uploadId: row.upload_id },
    ...{ objectName: row.object_name, contentDigest: row.content_digest, createdAt: row.created_at },
    ...{ updatedAt: row.updated_at, wrappedKey: row.wrapped, configVersion: row.config_version },
  };
}

export function createDocumentStore(session: Session): DocumentStore {
  const all = async <Found>(text: string, parameters: readonly unknown[]): Promise<Found[]> =>
    (await session.query<Found>({ text, parameters })).rows;
  const list = async (text: string, poolId: PoolId, more: readonly unknown[]): Promise<StoredDocument[]> =>
    (await all<Row>(text, [poolId, ...more])).map((row) => toDocument(poolId, row));

  return {
    async insertUpload(poolId, { id, objectName, facts, wrapped, createdAt, expiresAt }) {
      await all(INSERT_UPLOAD, [poolId, id, objectName, facts, wrapped, createdAt, expiresAt]);
    },
    async takeUploads(poolId, objectNames, now) {
      const rows = await all<Taken>(TAKE, [poolId, objectNames, now]);
      return rows.map(({ object_name: objectName, config_version: configVersion, ...row }) => ({
        ...row,
        objectName,
        configVersion,
      }));
    },
    listDocuments: (poolId, identityId) => list(LIST, poolId, [identityId]),
    async findDocument(poolId, identityId, id) {
      return (await list(FIND, poolId, [identityId, id]))[0] ?? null;
    },
    async findByObject(poolId, objectName) {
      return (await list(FIND_BY_OBJECT, poolId, [objectName]))[0] ?? null;
    },
    async insertDocument(document) {
      const { poolId, identityId, id, kind, uploadId, objectName, file, details, contentDigest } = document;
      await all(INSERT, [
        ...[poolId, identityId, id, kind, uploadId, objectName, file, details, contentDigest],
        ...[document.createdAt, document.updatedAt],
      ]);
    },
    async replaceDetails({ poolId, identityId, id, details, updatedAt }) {
      await all(REPLACE_DETAILS, [poolId, identityId, id, details, updatedAt]);
    },
    async markDeleted(poolId, identityId, at) {
      await all(MARK_DELETED, [poolId, identityId, at]);
    },
    async isContentOfAnother(poolId, identityId, contentDigest) {
      const [row] = await all<{ found: boolean }>(IS_CONTENT_OF_ANOTHER, [poolId, contentDigest, identityId]);
      return row?.found ?? false;
    },

    async removeExpiredUploads(poolId, now, limit) {
      return (await all<{ n: number }>(REMOVE_EXPIRED, [poolId, now, limit]))[0]?.n ?? 0;
    },
    async listPoolsWithWaste(now) {
      return (await all<{ pool_id: PoolId }>(LIST_WASTE, [now])).map((row) => row.pool_id);
    },
    async listRemovals(poolId, { after, limit }) {
      const rows = await all<{ object_name: string }>(
        `select object_name from blob_removals
         where pool_id = $1::uuid and object_name > $2::text order by object_name limit $3::integer`,
        [poolId, after ?? '', limit],
      );
      return rows.map((row) => row.object_name);
    },
    async forgetRemoval(poolId, objectName) {
      await all('delete from blob_removals where pool_id = $1::uuid and object_name = $2::text', [
        poolId,
        objectName,
      ]);
    },
  };
}
