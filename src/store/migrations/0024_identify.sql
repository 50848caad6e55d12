-- What operators set of a pool as a project of the identify surface.
create table identify_settings (
  pool_id uuid primary key,
  -- What differs from the defaults; no secret.
  definition jsonb not null,
  -- Sealed under the pool's key: what signs, and what providers outside gave; null: nothing yet.
  secrets bytea
);
-- @distribute identify_settings

-- Sites whose pages may call some project: a browser asks before it says which.
create table identify_origins (
  -- `https://app.example.com`, or `https://*.example.com`.
  origin text not null,
  pool_id uuid not null,
  primary key (origin, pool_id)
);
-- @reference identify_origins
