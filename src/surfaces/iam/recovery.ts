import type { Static } from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { InvalidInput } from '../../core/errors.ts';
import { createRecoveryCode, createRecoveryLink } from '../../core/iam/create-recovery.ts';
import type { IdentityId } from '../../core/ports.ts';
import { parse } from '../../http/parse.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { parseGoDuration } from '../../kit/go-duration.ts';
import { pageOf } from './flows/present-flow.ts';
import { placesOf } from './flows/serve-flow.ts';
import * as wire from './wire-recovery.ts';

/** Handlers by which administrators help people back in (contract iam 4.3). */
export function recoveryHandlers(deps: Deps) {
  return {
    async createRecoveryCode({ context, principal, body, line }: GuardedRequest) {
      const sent = parse(wire.CodeBody, body);
      const { flow, code } = await createRecoveryCode(deps, context, {
        identityId: sent.identity_id.toLowerCase() as IdentityId,
        type: sent.flow_type ?? 'browser',
        lifespanSeconds: lifespanIn(sent),
        requestUrl: `${deps.addresses.origin()}${line.path}`,
      });
      const { poolId } = principal;
      const places = placesOf(deps, { poolId, publicBase: await deps.addresses.baseOf(poolId) });
      return {
        recovery_link: pageOf(places, flow),
        recovery_code: code,
        expires_at: flow.expiresAt.toISOString(),
      };
    },

    async createRecoveryLink({ context, body, line, query }: GuardedRequest) {
      const sent = parse(wire.LinkBody, body);
      const { return_to: returnTo = null } = parse(wire.LinkQuery, query);
      const { flow, link } = await createRecoveryLink(deps, context, {
        identityId: sent.identity_id.toLowerCase() as IdentityId,
        type: 'browser',
        lifespanSeconds: lifespanIn(sent),
        requestUrl: `${deps.addresses.origin()}${line.path}`,
        returnTo,
      });
      return { recovery_link: link, expires_at: flow.expiresAt.toISOString() };
    },
  };
}

/** @returns Null where nothing was said. @throws InvalidInput No duration, or none that lies ahead. */
function lifespanIn({ expires_in: text }: Static<typeof wire.LinkBody>): number | null {
  if (text === undefined) return null;
  const ms = parseGoDuration(text);
  if (ms !== null && ms > 0) return ms / 1000;
  const message = 'must be a duration that lies ahead, as in "1h" or "30m"';
  throw new InvalidInput([{ path: ['expires_in'], code: 'invalid', message }]);
}
