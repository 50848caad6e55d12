import type { Config } from '../config/load.ts';
import type { OutsideProviders } from '../core/identify/provider-ports.ts';
import type { Clock } from '../core/ports.ts';
import { createOutsideProviders } from '../providers/identify/outside-providers.ts';
import { createIdentityProviderClient } from './outgoing.ts';

/** Identity providers outside, of all pools; nothing is asked, and no library loaded, before the first is used. */
export function openIdentityProviders(config: Config, clock: Clock): OutsideProviders {
  return createOutsideProviders({ client: createIdentityProviderClient(config), clock });
}
