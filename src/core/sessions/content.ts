import { SealBroken } from '../errors.ts';
import type { DataKey } from '../ports.ts';
import type { AssuranceLevel, SessionId } from './ports.ts';

/** One thing that a person logged in with. */
export interface AuthenticationMethod {
  /** `password`, `code`, `totp`, `oidc` and so on (contract iam 4.2). */
  readonly method: string;
  readonly aal: AssuranceLevel;
  readonly completedAt: Date;
  /** Of a login at another provider. */
  readonly provider?: string;
  /** Of a login through an organization's provider. */
  readonly organization?: string;
}

/** From where it was logged in. Personal data. */
export interface SessionDevice {
  readonly id: string;
  readonly ipAddress: string | null;
  /** At most 512 bytes of UTF-8, as is the location. */
  readonly userAgent: string | null;
  readonly location: string | null;
}

/** What a session's box holds. */
export interface SessionContent {
  readonly methods: readonly AuthenticationMethod[];
  readonly devices: readonly SessionDevice[];
}

/** Bound to the session: another one's box does not open. */
export function sealContent(key: DataKey, id: SessionId, { methods, devices }: SessionContent): Buffer {
  return key.seal(section(id), Buffer.from(JSON.stringify({ methods, devices })));
}

/** @throws SealBroken Another session's, changed, or not under this key. */
export function openContent(key: DataKey, id: SessionId, box: Uint8Array): SessionContent {
  const { methods, devices } = parse(key.open(section(id), box));
  return {
    methods: methods.map((method) => ({ ...method, completedAt: new Date(method.completedAt) })),
    devices,
  };
}

/** The box under another key. @throws SealBroken */
export function resealContent(
  { from, to }: { readonly from: DataKey; readonly to: DataKey },
  { id, box }: { readonly id: SessionId; readonly box: Buffer },
): Buffer {
  const plaintext = from.open(section(id), box);
  const again = to.seal(section(id), plaintext);
  plaintext.fill(0);
  return again;
}

function section(id: SessionId): string {
  return `session:${id}`;
}

function parse(plaintext: Buffer): SessionContent {
  try {
    return JSON.parse(plaintext.toString('utf8'));
  } catch {
    // The parser's own message quotes the text.
    throw new SealBroken('a session holds no JSON');
  } finally {
    plaintext.fill(0);
  }
}
