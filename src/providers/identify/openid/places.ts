import { ProviderError } from '../../../core/identify/provider-errors.ts';
import type { OpenIdSettings } from '../../../core/identify/provider-settings.ts';
import type { Clock } from '../../../core/ports.ts';
import { failureOf, objectIn, textIn } from '../answers.ts';
import type { Trip } from '../line.ts';

const KEPT_MS = 10 * 60_000;

/** Where a provider's keys and its userinfo are. */
export interface Places {
  /** @throws ProviderError */
  keys(trip: Trip): Promise<string>;
  /** Null: it has none. @throws ProviderError */
  userinfo(trip: Trip): Promise<string | null>;
}

interface Document {
  readonly keys: string | null;
  readonly userinfo: string | null;
}

/** As they are set, else as the discovery document says (OpenID Connect Discovery 1.0 section 4), kept ten minutes. */
export function createPlaces(settings: OpenIdSettings, clock: Clock): Places {
  const issuer = settings.issuer.replace(/\/$/, '');
  let known: { readonly document: Document; readonly untilMs: number } | null = null;

  async function discover(trip: Trip): Promise<Document> {
    const nowMs = clock.now().getTime();
    if (known !== null && nowMs < known.untilMs) return known.document;
    const url = `${issuer}/.well-known/openid-configuration`;
    const response = await trip.send({ method: 'GET', url, headers: { accept: 'application/json' } });
    if (response.status !== 200) throw failureOf(response, clock);
    const { issuer: stated, jwks_uri: keys, userinfo_endpoint: userinfo } = objectIn(response);
    if (textIn(stated)?.replace(/\/$/, '') !== issuer)
      throw new ProviderError('provider_error', { detail: 'the discovery document is another issuer’s' });
    const document = { keys: textIn(keys), userinfo: textIn(userinfo) };
    known = { document, untilMs: nowMs + KEPT_MS };
    return document;
  }

  return {
    async keys(trip) {
      const url = settings.jwksUri ?? (await discover(trip)).keys;
      if (url === null) throw new ProviderError('provider_error', { detail: 'no keys are published' });
      return url;
    },
    async userinfo(trip) {
      if (settings.userinfoUrl !== undefined) return settings.userinfoUrl;
      // Whoever says where the keys are says where everything is.
      const isExplicit = settings.jwksUri !== undefined || settings.validation === 'publicKey';
      return isExplicit ? null : (await discover(trip)).userinfo;
    },
  };
}
