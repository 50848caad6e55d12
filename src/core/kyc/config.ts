import type { OperationRule } from './provider.ts';

export const PROVIDER_KINDS = ['builtin', 'http'] as const;
export type ProviderKind = (typeof PROVIDER_KINDS)[number];

/** One provider of a pool, as its operator set it. */
export interface KycProviderConfig {
  readonly slug: string;
  readonly kind: ProviderKind;
  readonly isEnabled: boolean;
  /** What its approval opens; disabled operations are left out. */
  readonly operations: readonly OperationRule[];
  /** Of the built-in one: approves alone when every check that it needs has passed. */
  readonly approvesAutomatically: boolean;
  /** Of an outside one: where cases are sent. */
  readonly url: string | null;
}

/** The kyc surface's part of a pool's configuration; providers in order of their slugs. */
export interface KycConfig {
  readonly providers: readonly KycProviderConfig[];
}

const OPERATION_CODES = ['deposit:stablecoin', 'deposit:wire', 'withdrawal:stablecoin', 'withdrawal:wire'];

/** Every published operation, for whoever was approved with a risk that is not high (contract kyc 3.8, 4.3). */
export const DEFAULT_OPERATIONS: readonly OperationRule[] = OPERATION_CODES.map((code) => ({
  code,
  actions: ['cancel', 'confirm', 'create'],
  types: ['person', 'company'],
  maxRisk: 'medium',
}));

export const BUILTIN_SLUG = 'builtin';

/** Of a pool whose operator set nothing (DESIGN 7.1). */
export const DEFAULT_KYC: KycConfig = {
  providers: [
    {
      ...{ slug: BUILTIN_SLUG, kind: 'builtin', isEnabled: true, operations: DEFAULT_OPERATIONS },
      ...{ approvesAutomatically: false, url: null },
    },
  ],
};

export function enabledProviders({ providers }: KycConfig): readonly KycProviderConfig[] {
  return providers.filter(({ isEnabled }) => isEnabled);
}
