import {
  createHash,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import type { Shown } from './iam.ts';

export type KeyAlgorithm = 'ES256' | 'EdDSA' | 'RS256';

/** What an authenticator does otherwise than it was asked; for tests of what is refused. */
export interface Odds {
  readonly origin?: string;
  readonly rpId?: string;
  /** Base64url. */
  readonly challenge?: string;
  readonly type?: string;
  /** Whether it made sure that it is its person; default true. */
  readonly isVerified?: boolean;
  readonly isPresent?: boolean;
  /** What its counter stands at; default one more than the last time. */
  readonly counter?: number;
  /** Default as the key was made for; null: it does not say. */
  readonly userHandle?: Buffer | null;
  /** Signs with another key than it names. */
  readonly key?: KeyObject;
}

interface HeldKey {
  readonly id: Buffer;
  readonly rpId: string;
  readonly userHandle: Buffer;
  readonly isDiscoverable: boolean;
  readonly privateKey: KeyObject;
  counter: number;
}

/** A security key in memory, with the browser that it is plugged into. Takes and gives what scripts of pages do. */
export interface Authenticator {
  readonly keys: readonly HeldKey[];
  /** `navigator.credentials.create`. @param options With `publicKey`, as a flow's node has it. @returns JSON. */
  create(options: Shown, odds?: Odds): string;
  /** `navigator.credentials.get`. @throws RangeError It has no key for this. */
  get(options: Shown, odds?: Odds): string;
}

const PRESENT = 0x01;
const VERIFIED = 0x04;
const ATTESTED = 0x40;

/** @param options.counts False: its counter always says 0, as those of passkeys that are synchronised do. */
export function createAuthenticator({
  origin,
  algorithm = 'ES256',
  counts = true,
  aaguid = '00000000-0000-0000-0000-000000000000',
}: {
  readonly origin: string;
  readonly algorithm?: KeyAlgorithm;
  readonly counts?: boolean;
  readonly aaguid?: string;
}): Authenticator {
  const keys: HeldKey[] = [];

  const clientData = (type: string, challenge: string, odds: Odds) =>
    Buffer.from(
      JSON.stringify({
        type: odds.type ?? type,
        challenge: odds.challenge ?? challenge,
        origin: odds.origin ?? origin,
        crossOrigin: false,
      }),
    );

  const authenticatorData = (rpId: string, counter: number, odds: Odds, attested?: Buffer) => {
    const flags =
      (odds.isPresent === false ? 0 : PRESENT) |
      (odds.isVerified === false ? 0 : VERIFIED) |
      (attested === undefined ? 0 : ATTESTED);
    const head = Buffer.alloc(5);
    head.writeUInt8(flags, 0);
    head.writeUInt32BE(counter, 1);
    return Buffer.concat([digest(Buffer.from(odds.rpId ?? rpId)), head, attested ?? Buffer.alloc(0)]);
  };

  return {
    keys,
    create({ publicKey }, odds = {}) {
      const { publicKey: made, privateKey } = newKeyPair(algorithm);
      const key: HeldKey = {
        ...{ id: randomBytes(32), rpId: publicKey.rp.id, privateKey, counter: odds.counter ?? 0 },
        userHandle: Buffer.from(publicKey.user.id, 'base64url'),
        isDiscoverable: publicKey.authenticatorSelection.residentKey === 'required',
      };
      const length = Buffer.alloc(2);
      length.writeUInt16BE(key.id.length);
      const model = Buffer.from(aaguid.replaceAll('-', ''), 'hex');
      const attested = Buffer.concat([model, length, key.id, cbor(coseOf(made))]);
      const attestationObject = cbor(
        new Map<string, Cbor>([
          ['fmt', 'none'],
          ['attStmt', new Map()],
          ['authData', authenticatorData(key.rpId, key.counter, odds, attested)],
        ]),
      );
      keys.push(key);
      return answer(key.id, {
        clientDataJSON: clientData('webauthn.create', publicKey.challenge, odds),
        attestationObject,
      });
    },
    get({ publicKey }, odds = {}) {
      const { allowCredentials, rpId, challenge } = publicKey;
      const key = keys.find(
        (one) =>
          one.rpId === rpId &&
          (allowCredentials === undefined
            ? one.isDiscoverable
            : allowCredentials.some(({ id }: Shown) => id === one.id.toString('base64url'))),
      );
      if (key === undefined) throw new RangeError('no key for this');
      if (odds.counter !== undefined) key.counter = odds.counter;
      else if (counts) key.counter += 1;
      const data = authenticatorData(rpId, key.counter, odds);
      const clientDataJSON = clientData('webauthn.get', challenge, odds);
      const userHandle = odds.userHandle === undefined ? key.userHandle : odds.userHandle;
      const signed = Buffer.concat([data, digest(clientDataJSON)]);
      const hash = algorithm === 'EdDSA' ? null : 'sha256';
      return answer(key.id, {
        ...{ clientDataJSON, authenticatorData: data },
        signature: sign(hash, signed, odds.key ?? key.privateKey),
        ...(userHandle === null ? {} : { userHandle }),
      });
    },
  };
}

function answer(id: Buffer, response: Readonly<Record<string, Buffer>>): string {
  const encoded = Object.entries(response).map(([name, bytes]) => [name, bytes.toString('base64url')]);
  const text = id.toString('base64url');
  return JSON.stringify({ id: text, rawId: text, type: 'public-key', response: Object.fromEntries(encoded) });
}

export function newKeyPair(algorithm: KeyAlgorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (algorithm === 'EdDSA') return generateKeyPairSync('ed25519');
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

/** RFC 9052, 9053: key type, algorithm, and what the type has. */
function coseOf(key: KeyObject): Map<number, Cbor> {
  const { kty, x, y, n, e } = key.export({ format: 'jwk' });
  const bytes = (text: JsonWebKey['x']) => Buffer.from(text ?? '', 'base64url');
  if (kty === 'EC')
    return new Map<number, Cbor>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, bytes(x)],
      [-3, bytes(y)],
    ]);
  if (kty === 'OKP')
    return new Map<number, Cbor>([
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, bytes(x)],
    ]);
  return new Map<number, Cbor>([
    [1, 3],
    [3, -257],
    [-1, bytes(n)],
    [-2, bytes(e)],
  ]);
}

type Cbor = number | string | Buffer | Map<string | number, Cbor>;

/** RFC 8949, as much of it as authenticators speak. */
function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, one]) => [cbor(key), cbor(one)])]);
}

function head(major: number, size: number): Buffer {
  const kind = major << 5;
  if (size < 24) return Buffer.from([kind | size]);
  if (size < 0x100) return Buffer.from([kind | 24, size]);
  const bytes = Buffer.alloc(3);
  bytes.writeUInt8(kind | 25, 0);
  bytes.writeUInt16BE(size, 1);
  return bytes;
}

function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
