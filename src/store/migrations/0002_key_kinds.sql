-- Keys of two kinds, and what a key brings along for surfaces that have versions and spellings. The checks come after
-- their columns, unvalidated first: a sharded server takes no column together with a check.

alter table api_keys add column kind text not null default 'secret';

alter table api_keys add constraint api_keys_kind check (kind in ('secret', 'publishable')) not valid;

alter table api_keys validate constraint api_keys_kind;

-- A date, YYYY-MM-DD; null: the current version.
alter table api_keys add column api_version text;

alter table api_keys add column key_inflection text not null default 'snake';

alter table api_keys add constraint api_keys_key_inflection
  check (key_inflection in ('snake', 'camel', 'kebab')) not valid;

alter table api_keys validate constraint api_keys_key_inflection;

-- For people, in clear like the label.
alter table api_keys add column note text;
