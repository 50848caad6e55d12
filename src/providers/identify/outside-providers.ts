import type { OutsideProvider, OutsideProviders } from '../../core/identify/provider-ports.ts';
import type { OutsideSettings } from '../../core/identify/provider-settings.ts';
import type { Clock } from '../../core/ports.ts';
import type { GuardedClient } from '../net/guarded-client.ts';
import { createCognito } from './cognito/cognito.ts';
import { createFacebook } from './facebook.ts';
import { createGoogle } from './google.ts';
import { createLine, type Line } from './line.ts';
import { createOpenId } from './openid/openid.ts';
import { createTwitter } from './twitter.ts';

const PROVIDERS_MAX = 10_000;

interface Opened {
  readonly settings: string;
  readonly provider: OutsideProvider;
}

/**
 * The providers of all pools. Each has its own way out, with a circuit and a bound of its own, so that one that hangs
 * holds up nobody else; keys and answers are remembered as long as its settings stay.
 */
export function createOutsideProviders(needs: {
  readonly client: GuardedClient;
  readonly clock: Clock;
}): OutsideProviders {
  const opened = new Map<string, Opened>();
  return {
    of(poolId, name, settings) {
      const place = `${poolId}/${name}`;
      const text = JSON.stringify(settings);
      const found = opened.get(place);
      if (found?.settings === text) return found.provider;
      const line = createLine({ ...needs, timeoutMs: settings.timeoutMs });
      const provider = open(settings, line, needs.clock);
      if (opened.size >= PROVIDERS_MAX) opened.clear();
      opened.set(place, { settings: text, provider });
      return provider;
    },
  };
}

function open(settings: OutsideSettings, line: Line, clock: Clock): OutsideProvider {
  switch (settings.kind) {
    case 'cognito':
      return createCognito(settings, line, clock);
    case 'openid':
      return createOpenId(settings, line, clock);
    case 'google':
      return createGoogle(settings, line, clock);
    case 'facebook':
      return createFacebook(settings, line, clock);
    case 'twitter':
      return createTwitter(settings, line, clock);
  }
}
