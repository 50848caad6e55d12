import { createHash } from 'node:crypto';
import { RootKeyMismatch, SealBroken, Unavailable } from '../../core/errors.ts';
import type { KeyManagementService } from '../../core/ports.ts';
import type { GuardedClient } from '../net/guarded-client.ts';

const RESPONSE_BYTES_MAX = 64 * 1024;
const BINDING_BYTES = 32;

export interface TransitKmsOptions {
  /** `https://vault.example.com:8200`, without a path. */
  readonly address: string;
  /** May `update` on `<mount>/encrypt/<key>` and `<mount>/decrypt/<key>`; more is not needed. */
  readonly token: string;
  /** Vault Enterprise and HCP only. */
  readonly namespace?: string;
  /** Where the engine is mounted, usually `transit`; may hold slashes. */
  readonly mount: string;
  readonly key: string;
  /** Its policy must allow Vault's address, which is usually a private one. */
  readonly client: GuardedClient;
}

/**
 * A root key inside HashiCorp Vault's (or OpenBao's) Transit engine; it never leaves there. The key is to be
 * of an AEAD type (`aes256-gcm96`, the default, or `chacha20-poly1305`) and not `derived`. Its rotation inside Vault
 * needs nothing here, since its ciphertexts name their version; so does what `wrap` gives as the key id
 * (`transit:transit/selfsame:v2`), which tells when an old version is no longer needed. Opening looks at the key's
 * name only.
 *
 * The context is sent as `associated_data` and is also sealed inside, as a digest before the key: Vault
 * before 1.13 ignores parameters that it does not know, and the binding must not depend on that.
 *
 * @throws TypeError The address is no http or https URL, or mount or key is not a plain path.
 * @see https://developer.hashicorp.com/vault/api-docs/secret/transit
 */
export function createTransitKms(options: TransitKmsOptions): KeyManagementService {
  const { mount, key, client } = options;
  const base = new URL(options.address);
  if (base.protocol !== 'http:' && base.protocol !== 'https:')
    throw new TypeError('not an http or https address');
  if (!/^[\w-]+(?:\/[\w-]+)*$/.test(mount)) throw new TypeError('not the path of a mount');
  if (!/^\w(?:[\w.-]*\w)?$/.test(key)) throw new TypeError('not the name of a transit key');
  const keyId = `transit:${mount}/${key}`;
  const headers = {
    'content-type': 'application/json',
    'x-vault-request': 'true',
    'x-vault-token': options.token,
    ...(options.namespace === undefined ? {} : { 'x-vault-namespace': options.namespace }),
  };

  const call = async (
    operation: 'encrypt' | 'decrypt',
    context: string,
    input: Record<string, string>,
  ): Promise<Record<string, unknown>> => {
    const { status, body } = await client.request({
      method: 'POST',
      url: new URL(`/v1/${mount}/${operation}/${key}`, base).href,
      headers,
      body: JSON.stringify({ ...input, associated_data: Buffer.from(context).toString('base64') }),
      maxBytes: RESPONSE_BYTES_MAX,
    });
    const answer = parse(body);
    if (status === 200) return isRecord(answer.data) ? answer.data : {};
    throw failureOf({ keyId, operation, status, errors: answer.errors });
  };

  return {
    async currentKeyId() {
      return keyId;
    },
    async wrap(plaintext, context) {
      const input = Buffer.concat([bindingOf(context), plaintext]);
      const { ciphertext } = await call('encrypt', context, { plaintext: input.toString('base64') });
      input.fill(0);
      if (typeof ciphertext !== 'string') throw new Unavailable('vault transit: answer without ciphertext');
      const version = /^vault:(v[0-9]+):/.exec(ciphertext)?.[1];
      if (version === undefined) throw new Unavailable('vault transit: answer without a version');
      return { keyId: `${keyId}:${version}`, wrapped: Buffer.from(ciphertext, 'utf8') };
    },
    async unwrap(wantedKeyId, wrapped, context) {
      // Early rows have no version.
      if (wantedKeyId.replace(/:v[0-9]+$/, '') !== keyId) {
        throw new RootKeyMismatch(
          `The data needs the root key ${wantedKeyId}, but the one at hand is ${keyId}.`,
        );
      }
      const ciphertext = Buffer.from(wrapped).toString('utf8');
      if (!/^vault:v[0-9]+:[A-Za-z0-9+/=]+$/.test(ciphertext))
        throw new SealBroken('not a transit ciphertext');
      const { plaintext } = await call('decrypt', context, { ciphertext });
      if (typeof plaintext !== 'string') throw new Unavailable('vault transit: answer without plaintext');
      const opened = Buffer.from(plaintext, 'base64');
      if (!opened.subarray(0, BINDING_BYTES).equals(bindingOf(context))) {
        throw new SealBroken('wrapped for another context');
      }
      return opened.subarray(BINDING_BYTES);
    },
  };
}

/**
 * Vault's status codes in the core's words. Its texts are read, never passed on.
 *
 * - 404: nothing is mounted there; 400 with a known text: no such key, or a version of it that is gone.
 *   Without that key the data cannot be read, so that is a mismatch and not worth a retry.
 * - other 400, when decrypting: the ciphertext or its context is wrong.
 * - all else (403 for a token that expired or may too little, 429, 5xx, 503 for sealed, 307 from a standby)
 *   passes once somebody, or time, repairs it.
 */
function failureOf(input: { keyId: string; operation: string; status: number; errors: unknown }): Error {
  const { keyId, operation, status, errors } = input;
  const text = Array.isArray(errors) ? errors.join(' ') : '';
  const isKeyGone =
    /encryption key not found|policy not found|disallowed by policy|no handler for route/i.test(text);
  if (status === 404 || (status === 400 && isKeyGone)) {
    return new RootKeyMismatch(`The data needs the root key ${keyId}, but Vault does not have it.`);
  }
  const isBroken = status === 400 || /message authentication failed|unable to decrypt/i.test(text);
  if (operation === 'decrypt' && isBroken) return new SealBroken(`vault transit: not opened (${status})`);
  return new Unavailable(`vault transit: ${operation} answered ${status}`);
}

function bindingOf(context: string): Buffer {
  return createHash('sha256').update('selfsame/transit/v1\0').update(context).digest();
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isRecord(value) ? value : {};
  } catch {
    return {};
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
