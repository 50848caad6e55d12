import assert from 'node:assert/strict';
import { assertError, type IamApi, type Shown } from './iam.ts';
import type { Reply } from './server.ts';

export interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value?: unknown;
}

export const add = (path: string, value: unknown): Operation => ({ op: 'add', path, value });
export const replace = (path: string, value: unknown): Operation => ({ op: 'replace', path, value });
export const remove = (path: string): Operation => ({ op: 'remove', path });

/** JSON Patch of identities of one server. */
export interface Patches {
  send(id: string, ...operations: unknown[]): Promise<Reply>;
  /** What must succeed. */
  patch(id: string, ...operations: unknown[]): Promise<Shown>;
  /** Refused with 400, and nothing of the identity is any different. @returns The error. */
  assertRefused(id: string, body: unknown, reason?: RegExp): Promise<Shown>;
}

export function patchesOf(api: IamApi): Patches {
  const send: Patches['send'] = (id, ...operations) => api.patch(`/admin/identities/${id}`, operations);
  const whole = (id: string) => api.identity(id, 'password', 'totp', 'lookup_secret', 'webauthn', 'oidc');
  return {
    send,
    async patch(id, ...operations) {
      const reply = await send(id, ...operations);
      assert.equal(reply.status, 200, reply.text);
      return reply.body;
    },
    async assertRefused(id, body, reason) {
      const old = await whole(id);
      const reply = await api.patch(`/admin/identities/${id}`, body);
      assertError(reply, 400, reason);
      assert.deepEqual(await whole(id), old);
      return reply.body.error;
    },
  };
}
