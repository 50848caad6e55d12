import type { Uuid } from '../../../kit/ids.ts';
import { SealBroken } from '../../errors.ts';
import type { OidcProviderConfig } from '../../oidc/config.ts';
import type { OpenIdRequest } from '../../oidc/ports.ts';
import type { Flow } from '../flow.ts';
import type { Outcome } from '../outcome.ts';
import type { FlowDeps, Submission } from '../visit.ts';
import { atProvider } from './oidc-providers.ts';

/** What of somebody who is at a provider is kept until they are back. */
export interface Departed extends OpenIdRequest {
  /** Its id. */
  readonly provider: string;
  /** What the form held. */
  readonly traits?: unknown;
  /** Milliseconds. */
  readonly departedAt: number;
}

const SIZE_BYTES = 32;
/** Nobody signs in for longer; and never longer than the flow. */
const LIFESPAN_MS = 15 * 60_000;

/**
 * Sends somebody to a provider. Only the last time out of a flow counts: an earlier way back is closed.
 * @see OpenID Connect Core 1.0 section 3.1.2.1; RFC 7636.
 */
export function depart(
  deps: FlowDeps,
  submission: Submission,
  { provider, traits }: { readonly provider: OidcProviderConfig; readonly traits?: unknown },
): Promise<Outcome> {
  const { poolId, flow, base } = submission;
  const random = () => deps.random.bytes(SIZE_BYTES).toString('base64url');
  const request: OpenIdRequest = {
    redirectUri: `${base}/self-service/methods/oidc/callback/${provider.id}`,
    ...{ state: random(), nonce: random(), codeVerifier: random() },
  };
  return atProvider(deps, submission, provider, async () => {
    // Where people sign in is no secret; the client's is not needed to tell.
    const asked = { ...provider, clientSecret: null };
    const url = await deps.openId.authorizationUrl(asked, { ...request, mustAuthenticate: flow.refresh });
    const departedAt = deps.clock.now().getTime();
    const departed: Departed = { ...request, provider: provider.id, traits, departedAt };
    await deps.departures.putDeparture({
      ...{ poolId, flowId: flow.id, stateDigest: stateDigestOf(deps, request.state) },
      box: flow.key.seal(sectionOf(flow.id), Buffer.from(JSON.stringify(departed))),
      expiresAt: new Date(Math.min(departedAt + LIFESPAN_MS, flow.expiresAt.getTime())),
    });
    return { kind: 'away', flow, url, signedIn: null };
  });
}

export function stateDigestOf({ secrets }: Pick<FlowDeps, 'secrets'>, state: string): Buffer {
  return secrets.hash('oidc-state', state);
}

/** @throws SealBroken */
export function openDeparted({ key, id }: Flow, box: Buffer): Departed {
  const plaintext = key.open(sectionOf(id), box);
  try {
    return JSON.parse(plaintext.toString('utf8'));
  } catch {
    // The parser's own message quotes the text.
    throw new SealBroken('a departure holds no JSON');
  } finally {
    plaintext.fill(0);
  }
}

/** Bound to the flow. */
function sectionOf(id: Uuid): string {
  return `oidc-departure:${id}`;
}
