/** Everything an API key may be granted. Verification's scope names are used as they are (contract verification 1.2). */
export const GRANTS = [
  'account',
  'identities:read',
  'identities:write',
  'interaction',
  'redact:write',
  'sessions:read',
  'sessions:create',
  'sessions:write',
  'verifications:read',
  'webhooks:read',
  'webhooks:write',
  'review',
  'credentials:read',
  'logins:read',
  'logins:write',
  'courier:read',
  'courier:write',
  'schemas:write',
] as const;

export type Grant = (typeof GRANTS)[number];

export function isGrant(text: string): text is Grant {
  return (GRANTS as readonly string[]).includes(text);
}
