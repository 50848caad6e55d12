import { isObject } from '../traits/pointer.ts';
import type { AnswerJson } from './ports.ts';

/** What an authenticator answered, as yet unverified. */
export interface Answer {
  /** Which key it is about, in standard base64. */
  readonly keyId: string;
  /** Whose the authenticator says that it is, in standard base64; null where it does not. */
  readonly userHandle: string | null;
  readonly json: AnswerJson;
}

/** Of the text; real answers have a few kilobytes. */
const LENGTH_MAX = 64 * 1024;
/** Of a key's id. @see WebAuthn 4, "Credential ID". */
const ID_BYTES_MAX = 1023;
const USER_HANDLE_BYTES_MAX = 64;
const BASE64URL = /^[A-Za-z0-9_-]*$/;
const TRANSPORT = /^[a-z-]{1,32}$/;
const TRANSPORTS_MAX = 8;
const MEMBERS = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature'] as const;

/** @returns Null for what is no answer of an authenticator. */
export function readAnswer(text: string): Answer | null {
  const sent = parse(text);
  if (!isObject(sent) || sent.type !== 'public-key' || !isObject(sent.response)) return null;
  const { response } = sent;
  const id = bytesOf(sent.id, ID_BYTES_MAX);
  if (id === null || id.length === 0) return null;
  const userHandle = bytesOf(response.userHandle ?? '', USER_HANDLE_BYTES_MAX);
  if (userHandle === null) return null;
  const members = MEMBERS.flatMap((name) => {
    const value = response[name];
    return typeof value === 'string' && BASE64URL.test(value) ? [[name, value] as const] : [];
  });
  return {
    keyId: id.toString('base64'),
    userHandle: userHandle.length === 0 ? null : userHandle.toString('base64'),
    json: {
      id: id.toString('base64url'),
      response: Object.fromEntries(members),
      transports: transportsOf(response.transports),
    },
  };
}

function parse(text: string): unknown {
  if (text.length > LENGTH_MAX) return null;
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Padding is let through: scripts differ. */
function bytesOf(value: unknown, sizeMax: number): Buffer | null {
  if (typeof value !== 'string' || value.length > 2 * sizeMax) return null;
  const text = value.replace(/={1,2}$/, '');
  const bytes = Buffer.from(text, 'base64url');
  return BASE64URL.test(text) && bytes.length <= sizeMax ? bytes : null;
}

/** Only kept to be told to browsers again, which use them as a hint. */
function transportsOf(sent: unknown): string[] {
  if (!Array.isArray(sent)) return [];
  return sent.filter((one) => typeof one === 'string' && TRANSPORT.test(one)).slice(0, TRANSPORTS_MAX);
}
