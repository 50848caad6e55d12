import { defineRoute, keyGuard, type Route, sandboxGuard } from '../../http/route.ts';
import type { operationHandlers } from './operations.ts';
import type { relationHandlers } from './relations.ts';
import type { sandboxHandlers } from './sandbox.ts';
import type { verificationHandlers } from './verifications.ts';
import * as wire from './wire.ts';
import * as cases from './wire-cases.ts';

const reading = { guard: keyGuard('identities:read') } as const;
const writing = { guard: keyGuard('identities:write') } as const;
const looking = { guard: keyGuard('verifications:read'), reads: 'none', query: cases.PageQuery } as const;
const sent = ['validation_failed', 'unsupported_media_type'] as const;
const nothing = { status: 204, reply: wire.Nothing } as const;

/** Routes of what identities may do (contract kyc 3.8, 3.10). */
export function operationRoutes(o: ReturnType<typeof operationHandlers>): Route[] {
  const errors = [...sent, 'identity_not_found', 'operation_not_active'];
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'GET', path: '/identities/:id/operations', operation: 'listOperations', summary: 'List what an identity may do', ...reading, reads: 'none', params: wire.Params, reply: cases.Operations, errors: ['validation_failed', 'identity_not_found'], handler: o.listOperations }),
    defineRoute({ method: 'POST', path: '/operations/validate', operation: 'validateOperation', summary: 'Ask whether an identity may do something', ...reading, reads: 'json', body: cases.ValidateInput, ...nothing, errors, handler: o.validateOperation }),
    defineRoute({ method: 'POST', path: '/operations/activate', operation: 'activateOperation', summary: 'Start the KYC that an operation needs', ...writing, reads: 'json', body: cases.ActivateInput, ...nothing, errors: [...errors, 'conflict'], handler: o.activateOperation }),
  ];
}

/** Routes of verifications (contract kyc 3.10). */
export function verificationRoutes(v: ReturnType<typeof verificationHandlers>): Route[] {
  const { query: _query, ...one } = looking;
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'GET', path: '/verifications', operation: 'listVerifications', summary: 'List verifications', ...looking, reply: cases.VerificationList, errors: ['validation_failed'], handler: v.listVerifications }),
    defineRoute({ method: 'GET', path: '/verifications/:id', operation: 'getVerification', summary: 'Fetch a verification', ...one, params: wire.Params, reply: cases.OneVerification, errors: ['validation_failed', 'verification_not_found'], handler: v.getVerification }),
    defineRoute({ method: 'GET', path: '/verifications/identity/:id', operation: 'listVerificationsOfIdentity', summary: 'List verifications of an identity', ...looking, params: wire.Params, reply: cases.VerificationList, errors: ['validation_failed', 'identity_not_found'], handler: v.listVerificationsOfIdentity }),
  ];
}

/** Routes of simulated decisions (contract kyc 3.9). */
export function sandboxRoutes(s: ReturnType<typeof sandboxHandlers>): Route[] {
  const simulating = {
    guard: sandboxGuard('identities:write'),
    reads: 'json',
    reply: cases.Simulated,
    errors: [...sent, 'not_found', 'identity_not_found', 'conflict'],
  } as const;
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'POST', path: '/sandbox/identities/approve', operation: 'approveIdentity', summary: 'Approve an identity in a sandbox', ...simulating, body: cases.ApproveInput, handler: s.approveIdentity }),
    defineRoute({ method: 'POST', path: '/sandbox/identities/reject', operation: 'rejectIdentity', summary: 'Reject an identity in a sandbox', ...simulating, body: cases.RejectInput, handler: s.rejectIdentity }),
  ];
}

/** Routes of relations (contract kyc 3.10). */
export function relationRoutes(r: ReturnType<typeof relationHandlers>): Route[] {
  const one = { path: '/identity-relations/:id', reads: 'none', params: wire.Params } as const;
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'POST', path: '/identity-relations', operation: 'createRelation', summary: 'Relate two identities', ...writing, reads: 'json', body: cases.RelationInput, reply: cases.OneRelation, errors: [...sent, 'identity_not_found', 'conflict'], handler: r.createRelation }),
    defineRoute({ method: 'GET', operation: 'getRelation', summary: 'Fetch a relation', ...reading, ...one, reply: cases.OneRelation, errors: ['validation_failed', 'relation_not_found'], handler: r.getRelation }),
    defineRoute({ method: 'DELETE', operation: 'deleteRelation', summary: 'Remove a relation', ...writing, ...one, ...nothing, errors: ['validation_failed', 'relation_not_found', 'conflict'], handler: r.deleteRelation }),
  ];
}
