import { SealBroken } from '../errors.ts';
import type { PoolVault } from '../ports.ts';
import type { OpenSettings } from './config.ts';
import type { OutsideKind, OutsideSettings } from './provider-settings.ts';

/** What a project keeps secret: one sealed box. */
export interface ProjectSecrets {
  readonly signature: {
    readonly secret: string;
    /** Good for verifying only, newest first. */
    readonly previous: readonly string[];
  } | null;
  /** By provider, then by the path of the setting: `management.clientSecret`. */
  readonly providers: { readonly [name: string]: { readonly [path: string]: string } };
}

export const NO_SECRETS: ProjectSecrets = { signature: null, providers: {} };

/** Which settings of providers outside are secret. */
export const SECRET_PATHS: { readonly [K in OutsideKind]: readonly string[] } = {
  cognito: ['clientSecret', 'credentials.secretAccessKey', 'credentials.sessionToken'],
  openid: ['management.clientSecret'],
  google: [],
  facebook: ['appSecret'],
  twitter: ['consumerSecret'],
};

const SECTION = 'identify-secrets';

export function sealSecrets(vault: PoolVault, secrets: ProjectSecrets): Buffer {
  return vault.seal(SECTION, Buffer.from(JSON.stringify(secrets)));
}

/** @throws SealBroken */
export function openSecrets(vault: PoolVault, sealed: Buffer | null): ProjectSecrets {
  if (sealed === null) return NO_SECRETS;
  const plaintext = vault.open(SECTION, sealed);
  try {
    return JSON.parse(plaintext.toString('utf8'));
  } catch {
    // The parser's own message quotes the text.
    throw new SealBroken('secrets of a project hold no JSON');
  } finally {
    plaintext.fill(0);
  }
}

type JsonObject = { readonly [name: string]: unknown };

/** Settings, split into what may be shown and what is sealed. */
export function splitSettings(settings: OpenSettings): {
  open: OpenSettings;
  secret: { [path: string]: string };
} {
  let open: JsonObject = settings;
  const secret: { [path: string]: string } = {};
  for (const path of SECRET_PATHS[settings.kind]) {
    const value = path.split('.').reduce<unknown>((node, step) => (node as JsonObject)?.[step], settings);
    if (typeof value !== 'string') continue;
    secret[path] = value;
    open = withoutPath(open, path.split('.'));
  }
  return { open: open as OpenSettings, secret };
}

/** The whole settings of a provider outside, secrets included. */
export function joinSettings(
  open: OpenSettings,
  secret: { readonly [path: string]: string } = {},
): OutsideSettings {
  const joined = Object.entries(secret).reduce<JsonObject>(
    (settings, [path, value]) => withPath(settings, path.split('.'), value),
    open,
  );
  return joined as unknown as OutsideSettings;
}

function withoutPath(node: JsonObject, [step = '', ...below]: readonly string[]): JsonObject {
  const { [step]: inner, ...rest } = node;
  return below.length === 0 ? rest : { ...rest, [step]: withoutPath(inner as JsonObject, below) };
}

function withPath(node: JsonObject, [step = '', ...below]: readonly string[], value: string): JsonObject {
  const inner = (node[step] ?? {}) as JsonObject;
  return { ...node, [step]: below.length === 0 ? value : withPath(inner, below, value) };
}
