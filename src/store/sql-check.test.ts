import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkStatement } from './sql-check.ts';

const TABLES = new Set(['identities', 'identifiers', 'tallies', 'outbox']);

const GOOD = [
  'select * from identities where pool_id = $1 and id = $2',
  'select * from identities i where $1::uuid = i.pool_id',
  'select * from identities where id > $2 and pool_id = any($1::uuid[]) order by id limit $3',
  'select * from identities where (pool_id = $1 and (id = $2 or id = $3)) for update',
  'select * from identities where left(status, 1) is distinct from $2 and pool_id = $1 for no key update skip locked',
  `select i.id, n.digest from identities i join identifiers n
     on n.pool_id = $1 and n.identity_id = i.id where i.pool_id = $1`,
  `select i.id from identities i left join identifiers n on n.pool_id = $1 and n.identity_id = i.id
     where i.pool_id = $1 group by i.id`,
  `select (select count(*) from identifiers n where n.pool_id = $1 and n.identity_id = i.id) from identities as i
     where i.pool_id = $1`,
  `select * from identities i, lateral (select * from identifiers where pool_id = $1) n where i.pool_id = $1`,
  `with made as (insert into identities (pool_id, id) values ($1, $2) returning id),
        named as (insert into identifiers (pool_id, space, digest, identity_id)
          select $1, s, d, made.id from made, unnest($3::text[], $4::bytea[]) as u(s, d) returning 1)
   insert into outbox (pool_id, id) values ($1, $5) on conflict (pool_id, id) do update set type = 'x', at = $6
     where outbox.id = $7`,
  `update identities set (version, status) = (version + 1, $3) where pool_id = $1 and id = $2 returning *`,
  'update tallies t set n = t.n + d.n from unnest($2::text[], $3::int[]) as d(name, n) where t.pool_id = $1',
  'delete from identifiers using identities i where identifiers.pool_id = $1 and i.pool_id = $1',
  'select id from identities where pool_id = $1 union all select id from outbox where pool_id = $1',
  'select "i"."id" from "identities" as "i" where "i"."pool_id" = $1 and "i"."id" = $2',
  '/* scatter: which pools have work */ select pool_id, count(*) from outbox group by pool_id',
  "select extract(epoch from created_at) -- from identities\n, 'from identities' from accounts",
  'create index x on identities (pool_id)',
];

const BAD: readonly (readonly [string, RegExp])[] = [
  ['select * from identities where id = $1', /identities has no/],
  ['/* scatter: */ select * from identities', /identities has no/],
  [
    `select * from identities i join identifiers n on n.pool_id = i.pool_id and n.identity_id = i.id
       where i.pool_id = $1`,
    /identifiers n has no/,
  ],
  [
    'select * from identities join identifiers using (pool_id) where identities.pool_id = $1',
    /identifiers has no/,
  ],
  ['select * from identities i, identifiers n where pool_id = $1', /identities i has no/],
  ['select * from identities where pool_id = $1 or id = $2', /identities has no/],
  ['select * from identities where id = $2 and (pool_id = $1 or true)', /identities has no/],
  ['select * from identities where not (pool_id = $1)', /identities has no/],
  ['select * from identities where coalesce(pool_id = $1, true)', /identities has no/],
  ['select * from identities where pool_id = $1 is null', /identities has no/],
  ['select pool_id = $1 from identities', /identities has no/],
  ['select * from identities where case when true then pool_id = $1 end', /identities has no/],
  [
    'select * from identities i where exists (select 1 from identifiers n where n.identity_id = i.id) and i.pool_id = $1',
    /n has no/,
  ],
  [
    'select * from identities i where i.pool_id = $1 and i.id in (select identity_id from identifiers)',
    /identifiers has no/,
  ],
  [
    'select * from identities i left join identifiers n on i.pool_id = $1 and n.pool_id = $1',
    /identities i has no/,
  ],
  [
    'select * from (identities i join identifiers n on n.pool_id = $1) where n.pool_id = $1',
    /identities i has no/,
  ],
  ['select id from identities where pool_id = $1 union select id from outbox', /outbox has no/],
  ['with x as (select id from identities) select * from x', /identities has no/],
  ['with identities as (select 1) select * from accounts', /hides/],
  ['with x as (delete from outbox where id = $1 returning id) select * from x', /outbox has no/],
  ['insert into identities (id) values ($1)', /does not list/],
  ['insert into identities values ($1, $2)', /does not list/],
  ['insert into outbox (pool_id, id) select pool_id, id from identities', /identities has no/],
  ['update identities set status = $1 where id = $2', /identities has no/],
  ['update identities set pool_id = $1 where pool_id = $2', /sets pool_id/],
  ['delete from identities', /identities has no/],
  ['truncate identities', /not bound/],
];

test('statements that bind every pool’s table pass', () => {
  for (const text of GOOD) assert.deepEqual(checkStatement(text, TABLES), [], text);
});

test('a table of a pool without its own condition is reported', () => {
  for (const [text, problem] of BAD) {
    const problems = checkStatement(text, TABLES);
    assert.equal(problems.length > 0, true, text);
    assert.match(problems.join('\n'), problem, text);
  }
});
