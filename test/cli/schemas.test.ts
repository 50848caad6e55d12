import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { type Body, type IamApi, iamOf, newEmail, startIam } from '../harness/iam.ts';
import { startServer } from '../harness/server.ts';
import { type Environment, selfsame } from '../quickstart/child.ts';

let api: IamApi;
let folder: string;
/** Only where the data are: address and key come from the quickstart's file. */
let settings: Environment;
before(async () => {
  api = await startIam();
  folder = mkdtempSync(join(tmpdir(), 'selfsame-schemas-'));
  settings = { SELFSAME_DATA_DIR: api.server.dataDir };
});
after(async () => {
  await api[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const open = { key: null } as const;

function schemaOf(more: Body = {}): Body {
  const email = { type: 'string', format: 'email', 'ory.sh/kratos': { verification: { via: 'email' } } };
  return { type: 'object', properties: { traits: { type: 'object', properties: { email, ...more } } } };
}

function fileOf(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function succeed(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await selfsame(settings, ...args);
  assert.deepEqual([code, err], [0, '']);
  return out;
}

async function fail(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await selfsame(settings, ...args);
  assert.deepEqual([code, out], [1, ''], err);
  return err;
}

suite('schemas', () => {
  test('a schema is added from a file, listed, made the default, and removed', async () => {
    const file = fileOf('employee.schema.json', schemaOf());
    assert.equal(await succeed('schemas', 'add', file), 'The pool has the schema employee.\n');
    assert.deepEqual((await api.get('/schemas/employee', open)).body, schemaOf());

    const [head = '', ...rows] = (await succeed('schemas', 'list')).trimEnd().split('\n');
    assert.match(head, /^Schema\s+Since$/i);
    assert.deepEqual(
      rows.map((row) => row.split(/\s+/).filter((word) => !word.includes(':'))),
      [['default', 'default'], ['employee']],
    );
    assert.equal(await succeed('schemas', 'default', 'employee'), 'employee is the default.\n');
    const { schema_id: schemaId } = await api.create({ schema_id: '', traits: { email: newEmail() } });
    assert.equal(schemaId, 'employee');
    assert.match(await fail('schemas', 'remove', 'employee'), /^The default schema cannot be removed/);
    await succeed('schemas', 'default', 'default');
    assert.match(await fail('schemas', 'remove', 'employee'), /^There are identities of this schema\./);

    const other = ['--id', 'spare', '--default', '--json'];
    assert.equal(JSON.parse(await succeed('schemas', 'add', file, ...other)).is_default, true);
    await succeed('schemas', 'default', 'default');
    assert.equal(await succeed('schemas', 'remove', 'spare'), 'Removed spare.\n');
    assert.equal((await api.get('/schemas/spare', open)).status, 404);
  });

  test('one that is there is replaced only with --replace', async () => {
    await succeed('schemas', 'add', fileOf('twice.json', schemaOf()));
    const changed = fileOf('twice.json', schemaOf({ nick: { type: 'string' } }));
    assert.equal(await fail('schemas', 'add', changed), 'There is a schema of this id.\n');
    await succeed('schemas', 'add', changed, '--replace');
    assert.deepEqual((await api.get('/schemas/twice', open)).body, schemaOf({ nick: { type: 'string' } }));
  });

  test('every problem of a schema is told; what is no JSON does not leave this machine', async () => {
    const broken = schemaOf({ a: { type: 'string', format: 'nope' }, b: { type: 'string', pattern: '(' } });
    const said = await fail('schemas', 'add', fileOf('broken.json', broken));
    for (const place of [/properties\.a\.format: must be one of/, /properties\.b\.pattern: /])
      assert.match(said, place);
    for (const file of [fileOf('text.json', '{"secret'), join(folder, 'missing.json')]) {
      const { code, err } = await selfsame(settings, 'schemas', 'add', file);
      assert.equal(code, 2);
      assert.ok(!err.includes('secret'));
    }
  });
});

suite('schemas of a directory', () => {
  const load = async (directory: string, database = api.server.database) => {
    const server = await startServer({ database, environment: { SELFSAME_IAM_SCHEMAS_DIR: directory } });
    return iamOf(server);
  };

  test('a start adds what is new, replaces what has changed, and leaves the rest', async () => {
    const directory = mkdtempSync(join(folder, 'dir-'));
    const write = (name: string, content: unknown) =>
      writeFileSync(join(directory, name), JSON.stringify(content));
    write('customer.schema.json', schemaOf());
    write('partner.json', schemaOf());
    write('notes.txt', 'no schema');
    {
      await using first = await load(directory);
      const ids = (await first.get('/schemas', open)).body.map(({ id }: { id: string }) => id);
      for (const id of ['customer', 'partner', 'default']) assert.ok(ids.includes(id), id);
    }
    const entries = () =>
      api.server.sql<{ n: number }>(
        `select count(*)::int as n from audit_entries where action = 'pool.configured' and key_id is null`,
      );
    const [before] = await entries();
    rmSync(join(directory, 'partner.json'));
    write('customer.schema.json', schemaOf({ nick: { type: 'string' } }));
    {
      await using second = await load(directory);
      const { body } = await second.get('/schemas/customer', open);
      assert.deepEqual(body, schemaOf({ nick: { type: 'string' } }));
      assert.equal((await second.get('/schemas/partner', open)).status, 200);
    }
    await (await load(directory))[Symbol.asyncDispose]();
    const [after] = await entries();
    assert.equal((after?.n ?? 0) - (before?.n ?? 0), 1);
  });

  test('a start with a broken schema says which file it is, and does not happen', async () => {
    const directory = mkdtempSync(join(folder, 'dir-'));
    writeFileSync(join(directory, 'wrong.json'), JSON.stringify({ type: 'object' }));
    await assert.rejects(load(directory), /wrong\.json: schema\.properties\.traits must be/);
    writeFileSync(join(directory, 'wrong.json'), '{');
    await assert.rejects(load(directory), /wrong\.json holds no JSON/);
    await assert.rejects(load(join(directory, 'nowhere')), /schemasDir cannot be read/);
  });
});
