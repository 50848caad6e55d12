import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { sign } from '../../src/signature.ts';
import { assertRefused, type IdentifyApi, identifyOf, NO_LOGIN, startIdentify } from '../harness/identify.ts';
import { freshDatabase } from '../harness/postgres.ts';
import { createInstallation, poll } from '../harness/process.ts';
import { startServer } from '../harness/server.ts';
import { type Environment, selfsame } from '../quickstart/child.ts';

const FIRST_SECRET = 'the-first-secret-of-the-file';
const SECOND_SECRET = 'the-second-secret-of-the-file';
const THIRD_SECRET = 'a-secret-that-is-in-no-file';
const FACEBOOK_SECRET = 'the-secret-of-the-facebook-app';
const NOWHERE = '5d5b0676-ce0f-4058-b2bf-49af49f61cb5';
const SITE = 'https://app.example.com';

let api: IdentifyApi;
let directory: string;
let live: string;
let sandbox: string;
before(async () => {
  api = await startIdentify();
  directory = mkdtempSync(join(tmpdir(), 'selfsame-projects-'));
  live = api.server.quickstart.live.app_id;
  sandbox = api.server.quickstart.sandbox.app_id;
});
after(async () => {
  await api[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

let counter = 0;
/** @param content A text as it is, anything else as JSON. */
function fileOf(content: unknown, ending = '.json'): string {
  counter += 1;
  const path = join(directory, `projects-${counter}${ending}`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const listOf = (...projects: object[]) => ({ projects });
/** Another server of the same installation, which begins with the file. */
const startWith = (file: string, environment: Environment = {}) =>
  startServer({
    database: api.server.database,
    environment: { SELFSAME_IDENTIFY_PROJECTS_FILE: file, ...environment },
  });
const begin = async (file: string, environment: Environment = {}) =>
  (await startWith(file, environment)).close();

/** Everything that configuring writes, of all pools. */
async function traces(): Promise<unknown> {
  return {
    settings: await api.server.sql(
      'select pool_id, xmin::text as xmin from identify_settings order by pool_id',
    ),
    versions: await api.server.sql('select pool_id, config_version from pool_states order by pool_id'),
    entries: await api.server.sql(`select count(*) from audit_entries where action = 'pool.configured'`),
  };
}

async function verifies(secret: string, pool: string): Promise<boolean> {
  const settings = { DATABASE_URL: api.server.database.url, SELFSAME_DATA_DIR: api.server.dataDir };
  const timeStamp = Math.floor(Date.now() / 1000);
  const signature = sign({ secret, userId: NOWHERE, timeStamp });
  const triple = ['--user-id', NOWHERE, '--time-stamp', String(timeStamp), '--signature', signature];
  return (await selfsame(settings, 'signature', 'verify', ...triple, '--pool', pool)).code === 0;
}

suite('a start with a file of projects', () => {
  test('sets what it names, with secrets out of the environment', async () => {
    const file = fileOf(
      `
projects:
  - projectId: ${live.toUpperCase()}
    name: Fans
    cors: { origins: ['${SITE}'] }
    providers:
      noLogin: { enabled: false }
      facebook:
        appId: '123'
        appSecret: \${FACEBOOK_SECRET}
  - projectId: ${sandbox}
    timestampStep: 1
    compat: { seedMessages: true }
`,
      '.yaml',
    );
    await using second = await identifyOf(await startWith(file, { FACEBOOK_SECRET }));
    assertRefused(await second.post('/v1/user', NO_LOGIN), 400, 'provider_not_enabled');
    const other = await second.post('/v1/user', NO_LOGIN, { projectId: sandbox });
    assert.equal(other.status, 200, other.text);
    const preflight = await second.server.call('OPTIONS', '/v1/user', {
      key: null,
      headers: { origin: SITE, 'access-control-request-method': 'PUT' },
    });
    assert.equal(preflight.headers.get('access-control-allow-origin'), SITE);
    const rows = await api.server.sql<{ text: string }>(
      `select definition::text || encode(coalesce(secrets, ''), 'escape') as text from identify_settings`,
    );
    for (const { text } of rows) assert.ok(!text.includes(FACEBOOK_SECRET));
    await api.server.configureIdentify({ providers: { noLogin: null } });
  });

  test('that says the same again writes nothing, in whichever form', async () => {
    const projects = listOf(
      { projectId: live, name: 'Again', signature: { secret: FIRST_SECRET }, limits: { devices: 7 } },
      { projectId: sandbox, providers: { local: null, google: { clientIds: ['one'] } } },
    );
    await begin(fileOf(projects));
    const written = await traces();
    await begin(fileOf(projects));
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file.
    const [first] = listOf({ ...projects.projects[0], signature: { secret: '${SECRET}' } }).projects;
    await begin(fileOf(listOf(projects.projects[1] ?? {}, first ?? {}), '.yml'), { SECRET: FIRST_SECRET });
    await begin(fileOf(listOf()));
    assert.deepEqual(await traces(), written);
  });

  test('that names another secret of signatures leaves the one before to verify', async () => {
    const settings = (secret: string) => ({ signature: { secret } });
    for (const secret of [FIRST_SECRET, SECOND_SECRET])
      await begin(fileOf(listOf({ projectId: sandbox, ...settings(secret) })));
    // Going back and forth pushes out nothing.
    for (const secret of [THIRD_SECRET, SECOND_SECRET, THIRD_SECRET, SECOND_SECRET, THIRD_SECRET])
      await api.server.configureIdentify(settings(secret), sandbox);
    for (const secret of [FIRST_SECRET, SECOND_SECRET, THIRD_SECRET])
      assert.ok(await verifies(secret, sandbox), secret);
    assert.ok(!(await verifies('a-secret-of-nobody-at-all', sandbox)));
  });

  test('does not happen for any fault of any project; each is told with its place, and nothing is written', async () => {
    const file = fileOf({
      version: 1,
      projects: [
        { projectId: live, name: 'Not written' },
        { projectId: NOWHERE, timestampStep: 0 },
        { projectId: live.toUpperCase(), cors: { origins: ['*'] } },
        { nmae: 'x', providers: { acme: { issuer: 'https://acme.example' } } },
        // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file.
        { projectId: sandbox, signature: { secret: '${NO_SUCH}', scheme: FIRST_SECRET } },
        'x',
        { projectId: 'x', defaults: { email: 'nobody' } },
      ],
    });
    const before = await traces();
    await assert.rejects(startWith(file), ({ name, message }: Error) => {
      assert.equal(name, 'ConfigError');
      const places = [...message.matchAll(/^ {2}(\S+) (\S+): ./gm)].map(([, named, place]) => {
        assert.equal(named, file);
        return place;
      });
      assert.deepEqual(places.sort(), [
        'projects[1].projectId',
        'projects[1].timestampStep',
        'projects[2].cors.origins',
        'projects[2].projectId',
        'projects[3].nmae',
        'projects[3].projectId',
        'projects[3].providers.acme.audience',
        'projects[4].signature.scheme',
        'projects[4].signature.secret',
        'projects[5]',
        'projects[6].projectId',
        'version',
      ]);
      assert.match(message, /projects\[1\]\.projectId: must be the id of a pool/);
      assert.match(message, /NO_SUCH/);
      assert.ok(!message.includes(FIRST_SECRET));
      return true;
    });
    const defaults = fileOf(
      listOf({ projectId: live, name: 'Not written' }, { projectId: sandbox, defaults: { email: 'nobody' } }),
    );
    await assert.rejects(startWith(defaults), /projects\[1\]\.defaults\.email/);
    assert.deepEqual(await traces(), before);
  });

  test('does not happen where the file is none, and nothing of it is quoted', async () => {
    const broken = [
      fileOf('{"projects": [s3cret'),
      fileOf('projects:\n  - name: "s3cret', '.yaml'),
      fileOf('projects: []\nprojects: [s3cret]', '.yaml'),
      fileOf('projects: !s3cret []', '.yaml'),
      fileOf('[]'),
      fileOf('projects: s3cret', '.yml'),
      fileOf(`"${'s3cret'.repeat(200_000)}"`),
      join(directory, 'nowhere.yaml'),
    ];
    for (const file of broken)
      await assert.rejects(startWith(file), ({ name, message }: Error) => {
        assert.equal(name, 'ConfigError');
        assert.ok(message.includes(file) && !message.includes('s3cret'), message);
        return true;
      });
  });
});

test('config check tells faults of the file that need no database', async () => {
  const check = (content: unknown, more: Environment = {}) =>
    selfsame(
      { SELFSAME_IDENTIFY_PROJECTS_FILE: fileOf(content), ...more },
      ...['config', 'check', '--mode', 'start'],
    );
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as it stands in the file.
  const content = listOf({ projectId: NOWHERE, signature: { secret: '${SECRET}' } });
  const missing = await check(content);
  assert.deepEqual([missing.code, missing.out], [1, '']);
  assert.match(missing.err, /projects\[0\]\.signature\.secret: .*SECRET/);
  const short = await check(content, { SECRET: 'short' });
  assert.match(short.err, /projects\[0\]\.signature\.secret: must be a text of at least 16 bytes/);
  assert.ok(!short.err.includes('short'));
  assert.deepEqual((await check(content, { SECRET: FIRST_SECRET })).out, 'ok\n');
});

suite('a running server', () => {
  test('reads the file again on SIGHUP; with faults, everything stays as it was', async (t) => {
    const database = await freshDatabase();
    t.after(() => database.drop());
    const installation = createInstallation(t);
    const file = fileOf('projects: []', '.yaml');
    const environment = {
      ...{ DATABASE_URL: database.url, SELFSAME_IDENTIFY_PROJECTS_FILE: file },
      ...{ FACEBOOK_SECRET, SIGNATURE_SECRET: FIRST_SECRET },
    };
    const server = await installation.start(environment);
    const { url, live: pool } = server.quickstart;
    const call = async () => {
      const response = await fetch(`${url}/v1/user`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ projectId: pool.app_id, ...NO_LOGIN }),
      });
      const body = (await response.json()) as { error?: { code: string } };
      return body.error?.code ?? 'ok';
    };
    const told: Record<string, number> = {};
    /** Until the server has said so once more. */
    const hangUp = async (content: string, saying: string) => {
      writeFileSync(file, content);
      told[saying] = (told[saying] ?? 0) + 1;
      server.child.kill('SIGHUP');
      await poll(saying, () => server.output().split(saying).length > (told[saying] ?? 0) || null);
    };
    const READ = 'Data files were read again.';
    const STAYS = 'stays as it was';
    const project = (isEnabled: boolean, more = '') => `
projects:
  - projectId: ${pool.app_id}
    signature: { secret: "\${SIGNATURE_SECRET}" }
    providers:
      noLogin: { enabled: ${isEnabled} }
      facebook: { appId: '1', appSecret: "\${FACEBOOK_SECRET}"${more} }
`;
    assert.equal(await call(), 'ok');
    await hangUp(project(false), READ);
    assert.equal(await call(), 'provider_not_enabled');
    await hangUp(project(true, ', odd: 1'), STAYS);
    assert.match(server.output(), /projects\[0\]\.providers\.facebook\.odd: is no setting/);
    assert.equal(await call(), 'provider_not_enabled');
    await hangUp('projects: [', STAYS);
    assert.equal(await call(), 'provider_not_enabled');
    await hangUp(project(true), READ);
    assert.equal(await call(), 'ok');
    assert.equal(await server.stop(), 0);
    for (const secret of [FIRST_SECRET, FACEBOOK_SECRET]) assert.ok(!server.output().includes(secret));

    writeFileSync(file, project(true, ', odd: 1'));
    const again = installation.run(['start'], environment);
    assert.equal(await again.ended, 1);
    assert.match(again.output(), /facebook\.odd: is no setting/);
    assert.doesNotMatch(again.output(), /serving on/);
  });
});
