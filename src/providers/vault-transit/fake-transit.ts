import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Faults that a test switches on, in the words and status codes of the real server. */
export type Fault = 'sealed' | 'standby' | 'fails' | 'silent' | 'huge' | 'garbage' | 'limited' | null;

export interface FakeTransit {
  readonly address: string;
  readonly token: string;
  fault: Fault;
  /** Vault before 1.13 ignores `associated_data`. */
  isOld: boolean;
  /** By `<namespace>/<mount>/<key>`; deleting one is what an operator should never do. */
  readonly keys: Map<string, Buffer>;
  /** Counts up, as `vault write -f transit/keys/<key>/rotate` does; the versions share a key here. */
  version: number;
  close(): void;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}
const failure = (status: number, ...errors: string[]): Answer => ({ status, body: { errors } });

/** For tests: the two operations of HashiCorp Vault's Transit engine on loopback, with real AES-256-GCM. */
export async function startFakeTransit(): Promise<FakeTransit> {
  const token = `hvs.${randomBytes(12).toString('hex')}`;
  const keys = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    if (fake.fault === 'silent') return;
    const { status, body } = await answerOf(fake, request);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(fake.fault === 'garbage' ? '<html>' : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeTransit = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    fault: null,
    isOld: false,
    keys,
    version: 1,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return fake;
}

async function answerOf(fake: FakeTransit, request: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const input: Record<string, string> = JSON.parse(Buffer.concat(chunks).toString());
  if (fake.fault === 'sealed') return failure(503, 'Vault is sealed');
  if (fake.fault === 'standby') return failure(307);
  if (fake.fault === 'fails') return failure(500, '1 error occurred: internal error');
  if (fake.fault === 'limited') return failure(429, 'request path rejected: rate limit quota exceeded');
  if (fake.fault === 'huge') return { status: 200, body: { data: { plaintext: 'A'.repeat(200_000) } } };
  if (request.headers['x-vault-token'] !== fake.token) return failure(403, 'permission denied');
  const match = /^\/v1\/(.+)\/(encrypt|decrypt)\/([^/]+)$/.exec(request.url ?? '');
  const [, mount = '', operation, name = ''] = match ?? [];
  const space = `${String(request.headers['x-vault-namespace'] ?? '')}/${mount}/`;
  if (![...fake.keys.keys()].some((path) => path.startsWith(space))) {
    return failure(404, `no handler for route "${mount}/${operation}/${name}". route entry not found.`);
  }
  const key = fake.keys.get(space + name);
  if (key === undefined) return failure(400, 'encryption key not found');
  const associated = Buffer.from(fake.isOld ? '' : (input.associated_data ?? ''), 'base64');
  return operation === 'encrypt'
    ? {
        status: 200,
        body: {
          data: {
            ciphertext: encrypt(key, associated, input.plaintext ?? '').replace('v1', `v${fake.version}`),
            key_version: fake.version,
          },
        },
      }
    : decrypt(key, associated, input.ciphertext ?? '');
}

function encrypt(key: Buffer, associated: Buffer, plaintext: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAAD(associated);
  const sealed = Buffer.concat([
    nonce,
    cipher.update(plaintext, 'base64'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return `vault:v1:${sealed.toString('base64')}`;
}

function decrypt(key: Buffer, associated: Buffer, ciphertext: string): Answer {
  const sealed = Buffer.from(ciphertext.replace(/^vault:v[0-9]+:/, ''), 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(associated).setAuthTag(sealed.subarray(-16));
    const plaintext = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
    return { status: 200, body: { data: { plaintext: plaintext.toString('base64') } } };
  } catch {
    return failure(400, 'invalid ciphertext: unable to decrypt');
  }
}
