import Type from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { CALLBACKS_PATH, CallbackRefused } from '../../core/kyc/callback-address.ts';
import { receiveCallback } from '../../core/kyc/receive-callback.ts';
import type { PoolId } from '../../core/ports.ts';
import { defineRoute, type OpenRequest, openGuard, type Route } from '../../http/route.ts';
import { isUuid } from '../../kit/ids.ts';

const BODY_BYTES_MAX = 64 * 1024;
const Params = Type.Object({ appId: Type.String({ format: 'uuid' }), provider: Type.String() });
/** For the reference: the provider itself reads the body, once it knows who sent it. */
const VerdictBody = Type.Object({
  verificationId: Type.String({ format: 'uuid' }),
  revision: Type.Integer(),
  state: Type.Enum(['pending', 'exception', 'approved', 'rejected', 'expired']),
  exceptions: Type.Optional(Type.Array(Type.String())),
  checks: Type.Optional(
    Type.Array(
      Type.Object({
        code: Type.String(),
        result: Type.Enum(['passed', 'failed', 'skipped']),
        detail: Type.Optional(Type.String()),
      }),
    ),
  ),
  risk: Type.Optional(Type.Union([Type.Enum(['low', 'medium', 'high']), Type.Null()])),
  block: Type.Optional(Type.Boolean()),
  validUntil: Type.Optional(Type.Union([Type.String({ format: 'date' }), Type.Null()])),
  externalRef: Type.Optional(Type.Union([Type.String(), Type.Null()])),
});

/** Where KYC providers outside send their verdicts (contract kyc 4.4; docs/kyc-provider.md). */
export function callbackRoutes(deps: Deps): Route[] {
  return [
    defineRoute({
      ...{ method: 'POST', path: `${CALLBACKS_PATH}/:appId/:provider`, operation: 'receiveVerdict' },
      summary: 'Take the verdict of a KYC provider',
      guard: openGuard('The notice is signed with the secret of the provider, which has no API key.'),
      ...{ reads: 'stream', bodyBytesMax: BODY_BYTES_MAX, params: Params, body: VerdictBody },
      ...{ status: 204, reply: Type.Null(), errors: ['validation_failed', 'unauthorized'] },
      handler: (request) => receive(deps, request),
    }),
  ];
}

/** A verdict that changes nothing is answered like one that does: the provider has done its part. */
async function receive(deps: Deps, { params, headers, stream }: OpenRequest): Promise<null> {
  const { appId = '', provider: slug = '' } = params;
  if (!isUuid(appId)) throw new CallbackRefused('no such application');
  const poolId = appId as PoolId & typeof appId;
  const attributes = Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
  await receiveCallback(deps, { poolId, slug, notice: { attributes, raw: await bytesOf(stream) } });
  return null;
}

async function bytesOf(stream: OpenRequest['stream']): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream ?? []) pieces.push(piece);
  return Buffer.concat(pieces);
}
