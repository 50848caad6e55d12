import type { IdentityId } from '../src/core/ports.ts';
import type { BenchOptions, Figure, Run } from './kit/figure.ts';
import { fillSessions } from './kit/fill-sessions.ts';
import { COST, growthPairing, largeSize, SMALL } from './kit/growth-pairing.ts';
import { message } from './kit/load-generator.ts';
import { pairing } from './kit/pairing.ts';
import { type Load, startBare, startLoad } from './kit/processes.ts';
import { type Installation, install, openSite, type Site } from './kit/site.ts';

const BATCHES = 10;
const BATCH = 1000;
const WHOAMI = '/sessions/whoami';
/** Made once with cost 10; imported as it is. */
const HASH = '$2a$10$ZsCsoVQ3xfBG/K2z2XpBf.tm90GZmtOqtqWcB5.pYd5Eq8y7RlDyq';

/**
 * Who is logged in: against a bare `node:http` server that makes one prepared statement, a row by its primary key, and
 * gives the same answer; and out of a million sessions against ten thousand.
 */
export const run: Run = async (options) => {
  await using site = await openSite();
  const load = startLoad();
  try {
    await using few = await install(site, 'few');
    options.note(`making ${BATCHES * BATCH} identities with ${SMALL} sessions`);
    const ids = await makeIdentities(few);
    const tokens = await fillSessions(few, ids, SMALL);
    const whoami = await whoamiFigure(options, load, few, { ids, tokens });
    return [whoami, ...(await growthFigures(options, load, site, { few, tokens }))];
  } finally {
    load.stop();
  }
};

async function whoamiFigure(
  options: BenchOptions,
  load: Load,
  { product, poolId, key, target, config }: Installation,
  { ids, tokens }: { ids: readonly IdentityId[]; tokens: readonly string[] },
): Promise<Figure> {
  const response = await fetch(`http://127.0.0.1:${product.port}${WHOAMI}`, {
    headers: { authorization: `Bearer ${tokens[0]}` },
  });
  const reply = await response.text();
  if (response.status !== 200) throw new Error(`the server answers ${response.status}: ${reply}`);
  const bare = await startBare({
    socket: target,
    connections: config.database.maxConnections,
    ...{ poolId, reply },
  });
  try {
    const pair = pairing(options, load, { subject: product.port, baseline: bare.port });
    return await pair(
      'GET /sessions/whoami ÷ bare read',
      {
        subject: tokens.map((token) => message('GET', WHOAMI, token)),
        baseline: ids.map((id) => message('GET', `/${id}`, key)),
      },
      0.6,
    );
  } finally {
    bare.stop();
  }
}

async function growthFigures(
  options: BenchOptions,
  load: Load,
  site: Site,
  { few, tokens }: { few: Installation; tokens: readonly string[] },
): Promise<Figure[]> {
  const count = largeSize(options);
  await using many = await install(site, 'many');
  options.note(`making ${BATCHES * BATCH} identities with ${count} sessions`);
  const others = await fillSessions(many, await makeIdentities(many), count);
  const pair = growthPairing(options, load, { few, many });
  const list = (query: string) => (of: Installation) => [message('GET', `/admin/sessions?${query}`, of.key)];
  return [
    await pair(
      'GET /sessions/whoami',
      (of) => (of === few ? tokens : others).map((token) => message('GET', WHOAMI, token)),
      { target: COST },
    ),
    await pair('list of active sessions, first page of 250', list('active=true'), { target: COST }),
    await pair('list of sessions, first page of 250', list('page_size=250'), { target: COST }),
  ];
}

async function makeIdentities({ call }: Installation): Promise<IdentityId[]> {
  const ids: IdentityId[] = [];
  for (let turn = 0; turn < BATCHES; turn += 1) {
    const identities = Array.from({ length: BATCH }, (_, index) => ({
      create: {
        schema_id: 'default',
        traits: { email: `somebody.${turn}.${index}@example.com` },
        credentials: { password: { config: { hashed_password: HASH } } },
      },
    }));
    const { status, text } = await call('PATCH', '/admin/identities', { identities });
    if (status !== 200) throw new Error(`the server answers ${status}: ${text}`);
    const made = JSON.parse(text) as { identities: { identity: IdentityId }[] };
    ids.push(...made.identities.map(({ identity }) => identity));
  }
  return ids;
}
