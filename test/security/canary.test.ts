import assert from 'node:assert/strict';
import { randomBytes, randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createInstallation, type ServerProcess } from '../harness/process.ts';
import { search, searchFiles } from '../harness/traces.ts';
import { writeIam, writeKyc } from './canary-people.ts';
import { writeIdentify } from './canary-users.ts';

// Marked values go through every route, in requests that succeed and in requests that are refused. Afterwards no file
// of the installation may hold one, nor its log, nor its metrics (DESIGN 5).
//
// What is marked: everything that can be personal data. What is not: titles of domains, rulesets and pools, names of
// factors and claims, labels of keys, identity types, custom fields and webhooks (configuration, kept in clear), external
// references, countries and statuses, workflow ids and redirect addresses of sessions (the customer's own, searched as
// they are), and the `x-request-id` that a client chooses, which goes to log and audit so that both can be matched with
// the client's own log. Titles and references serve as the control here: a marker in one IS found, so the search finds
// what is there.

/** Letters that no encoding below leaves alone, random enough never to occur by chance. */
const WORD = `canary${randomBytes(9).toString('hex')}`;
const CONTROL = `titled${randomBytes(9).toString('hex')}`;
const IPV6 = `2001:db8:${randomBytes(12)
  .toString('hex')
  .replaceAll(/....(?=.)/g, '$&:')}`.replaceAll(':0', ':1');
const JA4 = `t13d1516h2_${randomBytes(6).toString('hex')}_${randomBytes(6).toString('hex')}`;

const PHONE_DIGITS = `49${randomInt(10 ** 12, 10 ** 13 - 1)}`;
const BORN = '1877-03-09';

let made = 0;
function marked(): string {
  made += 1;
  return `${WORD}x${made}`;
}

interface Sent {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: replies are what tests look into.
  readonly body: any;
}

function caller({ quickstart }: ServerProcess) {
  return async (
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Sent> => {
    const response = await fetch(`${quickstart.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${quickstart.live.api_key}`,
        'content-type': 'application/json',
        'user-agent': marked(),
        cookie: `session=${marked()}`,
        referer: `https://${marked()}.example/`,
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const answer = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, body: isJson && answer !== '' ? JSON.parse(answer) : answer };
  };
}

type Call = ReturnType<typeof caller>;

async function ok(sent: Promise<Sent>): Promise<Sent> {
  const { status, body } = await sent;
  assert.ok(status === 200 || status === 201, JSON.stringify(body));
  return { status, body };
}

const API = '/api/v1';
const SURFACES = ['pools', 'verification', 'kyc', 'iam', 'identify'];

/** Everything that succeeds and carries personal data. */
async function writeValid(call: Call, { quickstart }: ServerProcess): Promise<string> {
  const title = () => `${CONTROL} title`;
  const { account_id: accountId } = quickstart;
  const domain = await ok(call('POST', `${API}/domain`, { account_id: accountId, title: title() }));
  const domainId: string = domain.body.details.id;
  const factors = [
    { name: 'email', type: 'email', attribute: 'email', claim: 'mail' },
    { name: 'login', type: 'username', attribute: 'preferred_username' },
    { name: 'backup', type: 'email', identifier: false },
  ];
  const ruleset = await ok(call('POST', `${API}/ruleset`, { domain_id: domainId, title: title(), factors }));
  const pool = await ok(
    call('POST', `${API}/pool`, { domain_id: domainId, ruleset_id: ruleset.body.details.id, title: title() }),
  );
  const poolId: string = pool.body.details.id;
  const details = () => ({
    pool_id: poolId,
    factors: [
      { name: 'email', type: 'email', value: `${marked()}@${marked()}.example` },
      { name: 'login', type: 'username', value: marked().toUpperCase() },
      { name: 'backup', type: 'email', value: `"${marked()}"@example.com` },
    ],
    metadata: { [marked()]: marked(), note: `${marked()} é 𝒳 ${marked()}`, long: marked().padEnd(4000, '.') },
  });
  const plain = () => ({ ...details(), factors: details().factors.slice(0, 2) });
  const one = await ok(
    call('POST', `${API}/identity`, { details: plain() }, { 'idempotency-key': marked() }),
  );
  const two = await ok(call('POST', `${API}/identity`, { details: plain(), idempotency_key: marked() }));
  const ids: string[] = [one.body.details.id, two.body.details.id];
  for (const id of ids) {
    const path = `${API}/identity/${id}`;
    const { factors: replaced, metadata } = plain();
    await ok(call('PUT', path, { details: { factors: replaced, metadata } }));
    await ok(call('POST', `${path}/interaction`));
    await ok(
      call('POST', `${path}/interaction`, {
        details: { user_agent: marked(), remote_ip: IPV6, ja4_fingerprint: JA4 },
      }),
    );
    await ok(call('GET', `${path}?${marked()}=${marked()}`));
  }
  await ok(call('DELETE', `${API}/identity/${ids[1]}?why=${marked()}`));
  for (const sort of ['id', 'title', 'last_seen', 'status']) {
    await ok(call('GET', `${API}/identity?pool_id=${poolId}&sorting=${sort}&note=${marked()}`));
  }
  const item = (type: string, fields: object) => ({ _type: type, idempotency_key: marked(), ...fields });
  const bulk = await ok(
    call('POST', `${API}/bulk`, {
      items: [
        item('identities/create', { details: plain() }),
        item('identities/update', { identity_id: ids[0], details: { metadata: { [marked()]: marked() } } }),
        item('identities/list', { pool_id: poolId }),
        item('identities/update', { identity_id: marked(), details: {} }),
      ],
    }),
  );
  assert.equal(Object.keys(bulk.body.outputs).length, 4);
  return poolId;
}

/** Everything of the verification surface that succeeds and carries personal data. @returns Secrets that it handed out. */
async function writeVerification(call: Call, { quickstart }: ServerProcess): Promise<string[]> {
  let counter = 0;
  const reference = () => `${CONTROL}-${counter++}`;
  const keyed = () => ({ 'idempotency-key': marked() });
  const create = async (headers?: Record<string, string>): Promise<string> =>
    (await ok(call('POST', `${API}/identities`, { external_ref: reference() }, { ...keyed(), ...headers })))
      .body.id;
  const person = () => ({
    ...{ first_name: marked(), last_name: `${marked()} é`, date_of_birth: BORN, address_line1: marked() },
    ...{ address_line2: marked(), city: marked(), state: marked(), zip_code: marked(), ssn: marked() },
    ...{ document_number: marked(), nationality: 'TV', gender: marked(), country: 'DE' },
    ...{ email: `${marked()}@example.com`, phone: `+${PHONE_DIGITS.slice(0, 2)} ${PHONE_DIGITS.slice(2)}` },
  });
  const fill = async (id: string, headers = {}) => {
    const fields = person();
    const path = `${API}/identities/${id}`;
    await ok(call('PATCH', path, fields, { ...keyed(), ...headers }));
    await ok(call('PATCH', path, { firstName: marked(), 'last-name': marked() }, headers));
    await ok(call('POST', `${path}/set-tags`, { tags: [marked(), `${marked()} 𝒳`] }, headers));
    const tag = marked();
    await ok(call('POST', `${path}/add-tag`, { tag }, headers));
    await ok(call('POST', `${path}/remove-tag`, { tag }, headers));
    const {
      country: _c,
      nationality: _n,
      gender: _g,
      address_line1: _1,
      address_line2: _2,
      ...searched
    } = fields;
    await ok(call('POST', `${API}/identities/search`, searched, headers));
    return path;
  };
  const post = async (path: string, body: unknown, headers?: Record<string, string>) =>
    (await ok(call('POST', `${API}${path}`, body, headers))).body;

  // A type whose fields every identity after it has.
  const type = await post('/identity-types', { name: `${CONTROL}type`, label: CONTROL, is_default: true });
  const fields = ['plain', 'sealed', 'single'];
  for (const name of fields) {
    await post(`/identity-types/${type.id}/fields`, {
      ...{ name, label: CONTROL, field_type: 'string', is_encrypted: name === 'sealed' },
      is_unique: name === 'single',
    });
  }
  const [one, two, three] = [await create(), await create(), await create()];
  for (const id of [one, two, three]) {
    const path = await fill(id);
    const values = Object.fromEntries(fields.map((name) => [name, marked()]));
    await ok(call('PATCH', `${path}/custom-fields`, { custom_fields: values }));
  }
  const link = { related_identity_id: two, relationship_type: 'user_linked' };
  await post(`/identities/${one}/relationships`, { ...link, metadata: { [marked()]: marked() } }, keyed());
  for (const read of ['', '/export', '/audit-log', '/sessions', '/custom-fields', '/relationships'])
    await ok(call('GET', `${API}/identities/${one}${read}?${marked()}=${marked()}`));
  for (const query of [`q=${marked()}`, `status=${marked()}`, 'limit=100'])
    await ok(call('GET', `${API}/identities?${query}`));
  for (const action of ['archive', 'restore', 'pause-monitoring', 'resume-monitoring'])
    await ok(call('POST', `${API}/identities/${one}/${action}?${marked()}`, undefined, keyed()));
  const merge = { primary_identity_id: one, secondary_identity_id: two };
  await post('/identities/merge/preview', merge);
  await post('/identities/merge', merge, keyed());
  await ok(call('DELETE', `${API}/identities/${three}`, undefined, keyed()));
  await post('/sessions', { external_ref: reference(), metadata: { [marked()]: marked() } }, keyed());

  const sandbox = { authorization: `Bearer ${quickstart.sandbox.api_key}` };
  for (const action of ['approve', 'decline']) {
    const id = await create(sandbox);
    await fill(id, sandbox);
    const { external_ref } = (await ok(call('GET', `${API}/identities/${id}`, undefined, sandbox))).body;
    const metadata = { [marked()]: marked() };
    const session = await post('/sessions', { external_ref, metadata }, sandbox);
    await post(`/sessions/${session.id}/simulate`, { action }, sandbox);
    for (const read of ['', '/result'])
      await ok(call('GET', `${API}/sessions/${session.id}${read}`, undefined, sandbox));
    await ok(call('GET', `${API}/identities/${id}/export`, undefined, sandbox));
  }
  const hook = await post('/webhooks', { url: `https://${CONTROL}.example/`, is_active: false });
  const rotated = await post(`/webhooks/${hook.id}/rotate-secret`, undefined);
  await ok(call('GET', `${API}/events?limit=100`));
  return [hook.secret, rotated.secret].map((secret: string) => {
    assert.match(secret, /^whsec_/);
    return secret.slice(6);
  });
}

/** Texts where other things belong, for every field of the verification surface that a body may have. */
function misplacedOfVerification(): Record<string, unknown> {
  return {
    ...{ external_ref: [marked()], first_name: marked(), date_of_birth: marked(), email: marked() },
    ...{
      ssn: { [marked()]: marked() },
      phone: marked(),
      country: marked(),
      status: [marked()],
      upsert: marked(),
    },
    ...{ tag: [marked()], tags: [marked(), 7], custom_fields: [marked()], metadata: [marked()] },
    ...{
      name: [marked()],
      label: [marked()],
      field_type: marked(),
      url: `ftp://${marked()}`,
      action: marked(),
    },
    ...{ related_identity_id: marked(), relationship_type: marked(), primary_identity_id: marked() },
    ...{ secondary_identity_id: marked(), secondary_identity_ids: marked(), session_ids: marked() },
    ...{
      workflow_id: [marked()],
      redirect_url: marked(),
      checks: marked(),
      limit: marked(),
      offset: marked(),
    },
    ...{ [marked()]: marked(), firstName: marked() },
  };
}

/** Every route with marked values where they do not belong; each is refused. */
async function writeRefused(call: Call, server: ServerProcess, poolId: string): Promise<void> {
  const documents = await Promise.all(SURFACES.map((surface) => call('GET', `/openapi/${surface}.json`)));
  const routes = documents.flatMap(({ body: document }) =>
    Object.entries<Record<string, unknown>>(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({ path, method: method.toUpperCase() })),
    ),
  );
  assert.ok(routes.length > 100);
  for (const { path, method } of routes) {
    const filled = () => path.replaceAll(/\{\w+\}/g, () => marked());
    const send = (body: unknown, headers?: Record<string, string>, address = filled()) =>
      call(method, address, method === 'GET' ? undefined : body, headers);
    const misplaced = {
      // A number, so that no marker becomes the title of something that is kept in clear.
      ...{ title: 7, [marked()]: marked(), account_id: marked(), domain_id: marked(), pool_id: marked() },
      factors: [{ name: marked(), type: marked(), value: marked(), claim: marked(), [marked()]: marked() }],
      ...{
        metadata: { [marked()]: [marked()] },
        remote_ip: marked(),
        ja4_fingerprint: marked(),
        at: marked(),
      },
      items: [{ _type: marked(), idempotency_key: marked(), identity_id: marked() }],
    };
    const other = await send(misplacedOfVerification(), { 'idempotency-key': marked() });
    if (method !== 'GET') assert.ok(other.status >= 400, `${method} ${path}: ${JSON.stringify(other.body)}`);
    await send(misplaced, { 'key-inflection': marked() });
    await send(misplaced, { 'verifa-version': marked() });
    await send(misplaced, { 'idempotency-key': marked().repeat(20) });
    await send({ details: misplaced, idempotency_key: marked() });
    await send({ details: misplaced }, {}, `${filled()}?pool_id=${marked()}&sorting=${marked()}`);
    await send(`{"details": {"email": "${marked()}@example.com"`);
    await send([marked()]);
    await send(misplaced, { 'content-type': `text/${marked()}` });
    await send(misplaced, { authorization: `Bearer ${marked()}` });
    await send(misplaced, { authorization: `Basic ${marked()}`, [`x-${marked()}`]: marked() });
    await send(misplaced, { 'x-api-key': marked(), traceparent: marked() });
    await send({ details: { padding: marked().repeat(50_000) } });
    await call(method, `${path}/${marked()}/%zz${marked()}`, method === 'GET' ? undefined : misplaced);
  }
  const email = `${marked()}@example.com`;
  const create = (factors: unknown, metadata: unknown = {}, headers = {}) =>
    call('POST', `${API}/identity`, { pool_id: poolId, factors, metadata }, headers);
  const factor = { name: 'email', type: 'email', value: email };
  await ok(create([factor], {}, { 'idempotency-key': `${WORD}-once` }));
  assert.equal((await create([factor])).status, 422, 'taken');
  assert.equal((await create([factor], { a: '1' }, { 'idempotency-key': `${WORD}-once` })).status, 422);
  for (const value of [marked(), `${marked()}@${marked()}@example.com`, `${marked()}\u0000@example.com`]) {
    assert.equal((await create([{ ...factor, value }])).status, 422);
  }
  const other = { ...factor, value: `${marked()}@example.com` };
  assert.equal((await create([other], { [marked().repeat(9)]: marked() })).status, 422);
  assert.equal((await create([other], { note: marked().repeat(999) })).status, 422);
  // A lone surrogate, and a NUL, on their way to the database.
  await create([{ ...factor, value: `${marked()}@example.com` }], {
    [`${marked()}\ud800`]: `${marked()}\u0000`,
  });
  await call('GET', `/${marked()}?${marked()}`);
  await call('OPTIONS', `${API}/${marked()}`);
  const { port, hostname } = new URL(server.quickstart.url);
  for (const broken of [`GET /${marked()} HTTP/9\r\n\r\n`, `${marked()}\r\n\r\n`]) {
    const socket = connect(Number(port), hostname);
    socket.end(broken);
    await text(socket);
  }
}

test('marked values are nowhere but in replies', { timeout: 240_000 }, async (t) => {
  const installation = createInstallation(t);
  const { dataDir } = installation;
  const server = await installation.start({ SELFSAME_LOG_LEVEL: 'trace' });
  const call = caller(server);
  const poolId = await writeValid(call, server);
  const webhookSecrets = await writeVerification(call, server);
  const marks = { text: marked, phone: PHONE_DIGITS };
  await writeKyc(call, marks);
  await writeIam(call, marks);
  await writeIdentify(call, marks, server.quickstart);
  await writeRefused(call, server, poolId);

  const { body: metrics } = await call('GET', '/metrics');
  assert.match(metrics, /selfsame_http_request_duration_seconds_count/);
  const pages = await Promise.all(SURFACES.map((name) => call('GET', `/docs/${name}`)));
  const page = pages.map(({ body }) => body).join('\n');
  const db = server.connect();
  await db.query({ text: 'checkpoint', parameters: [] });
  const { rows } = await db.query<{ n: number }>({
    text: 'select count(*)::integer as n from outbox',
    parameters: [],
  });
  assert.ok((rows[0]?.n ?? 0) > 50);
  await db.close();

  const personal = [WORD, IPV6, ...JA4.split('_').slice(1), PHONE_DIGITS, PHONE_DIGITS.slice(-10), BORN];
  const running = searchFiles(dataDir, personal);
  assert.deepEqual(running, [], 'in files of the running server');
  assert.equal(await server.stop(), 0, server.output());

  assert.ok(made > 500);
  assert.deepEqual(searchFiles(dataDir, personal), [], 'in files');
  assert.deepEqual(search(Buffer.from(server.output()), personal), [], 'in the log');
  assert.match(server.output(), /"status":422/, 'the log has the requests');
  assert.deepEqual(search(Buffer.from(`${metrics}${page}`), personal), [], 'in metrics and reference');

  const controls = searchFiles(dataDir, [CONTROL]);
  assert.ok(
    controls.some((found) => found.startsWith('postgres/base/')),
    'the search finds a title in the tables',
  );
  assert.ok(
    controls.some((found) => found.startsWith('postgres/pg_wal/')),
    'and in the write-ahead log',
  );

  // Keys are handed out once, in the file and on the terminal of the start; the database keeps hashes.
  const secrets = [server.quickstart.live.api_key, server.quickstart.sandbox.api_key].map((key) =>
    key.slice(-32),
  );
  assert.deepEqual(searchFiles(dataDir, secrets, ['quickstart.json']), [], 'secrets of keys');
  assert.deepEqual(searchFiles(dataDir, webhookSecrets), [], 'secrets of webhooks');
});

test('the search finds a value in each of its forms', () => {
  const value = `finds${randomBytes(8).toString('hex')}`;
  const encodings: Record<string, string | Buffer> = {
    raw: value,
    hex: Buffer.from(value).toString('hex'),
    json: [...value].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
    percent: [...value].map((letter) => `%${letter.charCodeAt(0).toString(16)}`).join(''),
    utf16: Buffer.from(value, 'utf16le'),
    ...Object.fromEntries(
      [0, 1, 2, 3, 4].map((lead) => [
        `base64 after ${lead} bytes`,
        Buffer.from(`${'-'.repeat(lead)}${value}${'-'.repeat(lead)}`).toString('base64'),
      ]),
    ),
  };
  for (const [name, encoded] of Object.entries(encodings)) {
    const haystack = Buffer.concat([randomBytes(100), Buffer.from(encoded), randomBytes(100)]);
    assert.notEqual(search(haystack, [value]).length, 0, name);
  }
  assert.deepEqual(search(randomBytes(100_000), [value]), []);
});
