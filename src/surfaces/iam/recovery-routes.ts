import { defineRoute, keyGuard, type Route } from '../../http/route.ts';
import type { recoveryHandlers } from './recovery.ts';
import { admin } from './routes.ts';
import * as wire from './wire-recovery.ts';

const writing = { guard: keyGuard('logins:write'), reads: 'json' } as const;

/** Routes by which administrators help people back in (contract iam 4.3). */
export function recoveryRoutes(r: ReturnType<typeof recoveryHandlers>): Route[] {
  // biome-ignore format: a table, a route a row.
  return admin([
    defineRoute({ method: 'POST', path: '/recovery/code', operation: 'createRecoveryCodeForIdentity', summary: 'Make a recovery code for an identity', ...writing, body: wire.CodeBody, status: 201, reply: wire.RecoveryCode, errors: ['bad_request', 'not_found'], handler: r.createRecoveryCode }),
    defineRoute({ method: 'POST', path: '/recovery/link', operation: 'createRecoveryLinkForIdentity', summary: 'Make a recovery link for an identity', ...writing, query: wire.LinkQuery, body: wire.LinkBody, reply: wire.RecoveryLink, errors: ['bad_request', 'not_found'], handler: r.createRecoveryLink }),
  ]);
}
