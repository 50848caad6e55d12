import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createWebhook } from '../src/core/webhooks/manage-webhooks.ts';
import type { Figure, Run } from './kit/figure.ts';
import { type Installation, install, openSite } from './kit/site.ts';

const EVENTS = 10_000;
const IDENTITIES = 500;
const WAIT_MS_MAX = 300_000;

const INSERT = `
  insert into outbox (pool_id, id, at, type, subject_id, fields, subject_version, data)
  select $1::uuid, u.id, $2::timestamptz, 'identity.updated', u.subject_id, '{email}', u.version,
    jsonb_build_object('external_ref', u.subject_id || '/' || u.version, 'status', 'pending')
  from unnest($3::uuid[], $4::uuid[], $5::integer[]) as u(id, subject_id, version)
  returning 1 as n`;

/**
 * Ten thousand events that are committed at once, delivered to one receiver on this machine: from the commit to the
 * last message. The receiver runs in this process, on the same cores.
 */
export const run: Run = async ({ quick, note }) => {
  const count = quick ? EVENTS / 10 : EVENTS;
  await using site = await openSite();
  await using installation = await install(site, 'webhooks');
  const { deps, poolId } = installation;
  const receiver = await startReceiver(count);
  try {
    await createWebhook(deps, { poolId, context: null }, { url: receiver.url, apiVersion: '2026-01-01' });
    note(`${count} events of ${IDENTITIES} identities`);
    await insertEvents(installation, count);
    const began = performance.now();
    await receiver.all;
    const seconds = (performance.now() - began) / 1000;
    const { lost, reordered, twice } = receiver.judge(count);
    note(`${twice} messages came twice`);
    return [
      { name: 'webhooks: events lost', value: lost, unit: '', target: { atMost: 0 } },
      {
        name: 'webhooks: events out of order within an identity',
        ...{ value: reordered, unit: '', target: { atMost: 0 } },
      },
      { name: 'webhooks: deliveries', value: (count - lost) / seconds, unit: '/s' },
    ] satisfies Figure[];
  } finally {
    receiver.close();
  }
};

async function insertEvents({ db, deps, poolId }: Installation, count: number): Promise<void> {
  const identities = Array.from({ length: IDENTITIES }, () => deps.ids.next());
  const rows = Array.from({ length: count }, (_, index) => ({
    id: deps.ids.next(),
    subject: identities[index % IDENTITIES],
    version: 1 + Math.floor(index / IDENTITIES),
  }));
  await db.query({
    text: INSERT,
    parameters: [
      ...[poolId, deps.clock.now(), rows.map(({ id }) => id), rows.map(({ subject }) => subject)],
      rows.map(({ version }) => version),
    ],
  });
}

async function startReceiver(count: number) {
  const all = Promise.withResolvers<void>();
  /** Version after version of each identity, in the order of arrival. */
  const versions = new Map<string, number[]>();
  let messages = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { data } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    const [subject = '', version] = String(data.external_ref).split('/');
    versions.set(subject, [...(versions.get(subject) ?? []), Number(version)]);
    messages += 1;
    if (messages === count) all.resolve();
    response.end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  // What is lost must not keep the rest from being judged.
  const late = setTimeout(() => all.resolve(), WAIT_MS_MAX);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    all: all.promise,
    judge(expected: number) {
      const lists = [...versions.values()];
      const distinct = lists.map((list) => [...new Set(list)]);
      const arrived = distinct.reduce((sum, list) => sum + list.length, 0);
      const reordered = distinct.reduce(
        (sum, list) =>
          sum + list.filter((version, index) => index > 0 && version < (list[index - 1] ?? 0)).length,
        0,
      );
      return { lost: expected - arrived, reordered, twice: messages - arrived };
    },
    close() {
      clearTimeout(late);
      server.closeAllConnections();
      server.close();
    },
  };
}
