-- The refresh token itself, sealed under the identity's data key and bound to its digest: a provider that cannot end all
-- of somebody's logins at once has to be told each. Null: revoked, another one took its place, or it is of before.
alter table identify_outside_refresh add column box bytea;
