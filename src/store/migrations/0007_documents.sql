-- Files that came in with an upload form and belong to no identity yet. Attaching one deletes its row, so that of many
-- who attach it at once one does.
create table uploads (
  pool_id uuid not null,
  id uuid not null,
  -- Random, chosen by the server; nothing of the file's own name but the extension.
  object_name text not null,
  -- Size, digest, type and problem, sealed under the content key.
  facts bytea not null,
  created_at timestamptz not null,
  -- What is not attached by then is removed.
  expires_at timestamptz not null,
  primary key (pool_id, id),
  unique (pool_id, object_name)
);
-- @distribute uploads

create index uploads_expires on uploads (pool_id, expires_at, id);

-- Content keys of uploads, wrapped under the pool's key. Apart, so that a backup can leave them out. No foreign key: row
-- and key go in one statement, and neither may be gone before the other was read.
create table upload_keys (
  pool_id uuid not null,
  upload_id uuid not null,
  wrapped bytea not null,
  primary key (pool_id, upload_id)
);
-- @distribute upload_keys

-- Documents and face images of identities. Both boxes lie under the identity's data key.
create table documents (
  pool_id uuid not null,
  identity_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('document', 'face')),
  -- Which file. Several documents of one identity may be about the same one.
  upload_id uuid not null,
  object_name text not null,
  -- The file's content key, wrapped, and its facts.
  file bytea not null,
  -- Type, side, label and description.
  details bytea not null,
  -- Keyed: finds equal files of the pool and tells nothing else.
  content_digest bytea not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  deleted_at timestamptz,
  primary key (pool_id, identity_id, id),
  foreign key (pool_id, identity_id) references identities (pool_id, id) on delete cascade
);
-- @distribute documents

create index documents_content on documents (pool_id, content_digest, identity_id) where deleted_at is null;

create index documents_object on documents (pool_id, object_name) where deleted_at is null;

-- Objects that nothing leads to any more, for a job to delete from the store of files.
create table blob_removals (
  pool_id uuid not null,
  object_name text not null,
  primary key (pool_id, object_name)
);
-- @distribute blob_removals
