import { type FieldProblem, InvalidInput } from '../errors.ts';
import { isOutgoingUrl, outgoingUrlRule } from '../webhooks/outgoing-url.ts';
import { BUILTIN_SLUG, DEFAULT_OPERATIONS, type KycProviderConfig } from './config.ts';

/** As typed; what is absent stays as it is. */
export interface ProviderInput {
  readonly slug: string;
  readonly url?: string;
  readonly isEnabled?: boolean;
  readonly approvesAutomatically?: boolean;
  /** Codes of what its approval opens. */
  readonly operations?: readonly string[];
}

export type ProviderChange = Partial<Omit<KycProviderConfig, 'slug' | 'kind'>>;

/** Lower-case letters, digits and single hyphens: it stands in addresses, in `kycStatus` and in audit entries. */
const SLUG = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const SLUG_LENGTH_MAX = 40;

/** @throws InvalidInput Every problem at once. */
export function readProviderChange(
  { slug, url, isEnabled, approvesAutomatically, operations }: ProviderInput,
  { allowsHttp }: { readonly allowsHttp: boolean },
): ProviderChange {
  const problems: FieldProblem[] = [];
  const refuse = (name: string, message: string) => problems.push({ path: [name], code: 'invalid', message });
  const isBuiltin = slug === BUILTIN_SLUG;
  if (!SLUG.test(slug) || slug.length > SLUG_LENGTH_MAX)
    refuse(
      'provider',
      `must be a name of lower-case letters, digits and single hyphens, of at most ${SLUG_LENGTH_MAX}`,
    );
  if (url !== undefined && isBuiltin) refuse('url', 'is of providers outside; the built-in one has none');
  else if (url !== undefined && !isOutgoingUrl(url, { allowsHttp }))
    refuse('url', outgoingUrlRule({ allowsHttp }));
  if (approvesAutomatically !== undefined && !isBuiltin)
    refuse('approves_automatically', 'is of the built-in provider; others decide themselves');
  const codes = DEFAULT_OPERATIONS.map(({ code }) => code);
  if (operations?.some((code) => !codes.includes(code)))
    refuse('operations', `must be some of ${codes.join(', ')}`);
  if (problems.length > 0) throw new InvalidInput(problems);
  return {
    ...(url === undefined ? {} : { url }),
    ...(isEnabled === undefined ? {} : { isEnabled }),
    ...(approvesAutomatically === undefined ? {} : { approvesAutomatically }),
    ...(operations === undefined
      ? {}
      : { operations: DEFAULT_OPERATIONS.filter(({ code }) => operations.includes(code)) }),
  };
}
