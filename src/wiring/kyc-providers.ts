import type { KycProviderConfig } from '../core/kyc/config.ts';
import type { KycProvider } from '../core/kyc/provider.ts';
import type { KycProviders } from '../core/kyc/providers.ts';
import { createBuiltinProvider } from '../providers/kyc-builtin/builtin-provider.ts';
import { OcrPool } from '../providers/kyc-builtin/ocr/pool.ts';

/** Providers of all pools. Readers of pictures are shared; they start with the first picture. */
export function openKycProviders(): KycProviders & { close(): Promise<void> } {
  const extractor = new OcrPool();
  const open = ({ kind, operations, approvesAutomatically }: KycProviderConfig): KycProvider => {
    if (kind === 'builtin')
      return createBuiltinProvider({ operations, extractor, approveAutomatically: approvesAutomatically });
    throw new TypeError(`there is no provider of kind ${kind}`);
  };
  return {
    open: async (_poolId, config) => open(config),
    close: () => extractor.close(),
  };
}
