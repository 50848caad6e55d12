import type { Grant } from '../grants.ts';
import type { KeyInflection, KeyKind, Principal } from '../ports.ts';

export const KEY_KINDS: readonly KeyKind[] = ['secret', 'publishable'];
export const KEY_INFLECTIONS: readonly KeyInflection[] = ['snake', 'camel', 'kebab'];

/** What a new key may do when nobody says (contract verification 1.2): it can read identities and not change them. */
export const DEFAULT_GRANTS = [
  'sessions:read',
  'sessions:create',
  'sessions:write',
  'verifications:read',
  'identities:read',
] as const satisfies readonly Grant[];

/** The one grant of a publishable key (contract verification 1.1). */
export const PUBLISHABLE_GRANT = 'sessions:create' satisfies Grant;
export const PUBLISHABLE_REQUESTS_PER_MINUTE = 10;

/**
 * Whether a key may do what takes `grant`; null: what takes any key. That never means a publishable one: it is
 * public, so whoever reads the page around it would call as its owner.
 */
export function permits({ kind, grants }: Pick<Principal, 'kind' | 'grants'>, grant: Grant | null): boolean {
  if (kind === 'publishable' && grant !== PUBLISHABLE_GRANT) return false;
  return grant === null || grants.has(grant);
}

const DATE = /^\d{4}-\d\d-\d\d$/;

/** Whether the text is a date that exists, as `YYYY-MM-DD`. */
export function isApiVersion(text: string): boolean {
  if (!DATE.test(text)) return false;
  const at = new Date(text);
  // The runtime reads 2026-02-30 as March; a date that does not come back as it went in does not exist.
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}
