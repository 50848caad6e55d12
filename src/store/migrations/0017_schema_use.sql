-- Whether anybody is of a schema that is to be removed. The schema that every pool has, and nearly everybody is of, is
-- never removed and costs nothing here.
create index concurrently identities_schema on identities (pool_id, schema_id) where schema_id <> 'default';
