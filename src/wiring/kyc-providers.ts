import type { Deps } from '../core/deps.ts';
import { InternalFault } from '../core/errors.ts';
import { callbackUrlOf } from '../core/kyc/callback-address.ts';
import { openProviderSecret } from '../core/kyc/provider-secret.ts';
import type { KycProviders } from '../core/kyc/providers.ts';
import { createBuiltinProvider } from '../providers/kyc-builtin/builtin-provider.ts';
import { OcrPool } from '../providers/kyc-builtin/ocr/pool.ts';
import { createHttpProvider } from '../providers/kyc-http/http-provider.ts';
import type { GuardedClient } from '../providers/net/guarded-client.ts';

type Needs = Pick<Deps, 'clock' | 'vault' | 'kycSettings' | 'storage'> & { readonly client: GuardedClient };

/** Providers at work, to be given back in the end. */
export type OpenKycProviders = KycProviders & { close(): Promise<void> };

/** Providers of all pools. Readers of pictures are shared; they start with the first picture. */
export function openKycProviders(needs: Needs): OpenKycProviders {
  const extractor = new OcrPool();
  return {
    async open(poolId, { kind, slug, operations, approvesAutomatically, url }) {
      if (kind === 'builtin')
        return createBuiltinProvider({ operations, extractor, approveAutomatically: approvesAutomatically });
      if (url === null) throw new InternalFault('a KYC provider outside without an address');
      const { clock, client, storage } = needs;
      const secret = await openProviderSecret(needs, poolId, slug);
      const callbackUrl = callbackUrlOf(storage, poolId, slug);
      return createHttpProvider({ slug, operations, url, secret, callbackUrl, client, clock });
    },
    close: () => extractor.close(),
  };
}
