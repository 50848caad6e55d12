import type { Standing } from '../identities/standing.ts';
import type { KycCase } from './case-ports.ts';
import { enabledProviders, type KycConfig, type KycProviderConfig } from './config.ts';
import type { OperationRule, Risk } from './provider.ts';
import { typeOf } from './record-view.ts';

export type OperationStatus = 'active' | 'pending' | 'inactive' | 'blocked';
export type OperationAction = OperationRule['actions'][number];

/** What an identity may do, as one provider sees it (contract kyc 3.8). */
export interface Operation {
  readonly code: string;
  readonly action: OperationAction;
  readonly provider: string;
  readonly status: OperationStatus;
}

type Entry = Pick<KycCase, 'provider' | 'state'>;

const RISKS: readonly Risk[] = ['low', 'medium', 'high'];

/** The highest of the risks that there are; null when nobody named one. */
export function highestRisk(risks: readonly (Risk | null)[]): Risk | null {
  return RISKS.findLast((risk) => risks.includes(risk)) ?? null;
}

/** Operations of enabled providers, by provider, code and action. @see Contract kyc 3.8, 4.3. */
export function operationsOf(config: KycConfig, standing: Standing, cases: readonly Entry[]): Operation[] {
  const operations = enabledProviders(config).flatMap((provider) => {
    const entry = cases.find((one) => one.provider === provider.slug);
    return provider.operations.flatMap((rule) =>
      rule.actions.map((action) => ({
        ...{ code: rule.code, action, provider: provider.slug },
        status: statusOf(rule, standing, entry),
      })),
    );
  });
  const keyOf = ({ provider, code, action }: Operation) => [provider, code, action].join('\n');
  return operations.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function statusOf(rule: OperationRule, standing: Standing, entry: Entry | undefined): OperationStatus {
  if (standing.blocked === true) return 'blocked';
  if (entry?.state === 'approved' && fits(rule, standing)) return 'active';
  return entry?.state === 'pending' || entry?.state === 'exception' ? 'pending' : 'inactive';
}

/** What nobody rated has no risk above any ceiling. */
function fits({ types, maxRisk }: OperationRule, standing: Standing): boolean {
  const { riskRating = 'low' } = standing;
  return types.includes(typeOf(standing)) && RISKS.indexOf(riskRating) <= RISKS.indexOf(maxRisk);
}

/** Active now and not before, without the provider's name; each once. */
export function newlyActive(
  before: readonly Operation[],
  after: readonly Operation[],
): Pick<Operation, 'action' | 'code'>[] {
  const nameOf = ({ action, code }: Operation) => `${code}\n${action}`;
  const active = (list: readonly Operation[]) => list.filter(({ status }) => status === 'active');
  const was = new Set(active(before).map(nameOf));
  const fresh = new Map(active(after).map((one) => [nameOf(one), { action: one.action, code: one.code }]));
  return [...fresh].flatMap(([name, one]) => (was.has(name) ? [] : one));
}

/** Whether a provider that is enabled offers an operation to this type of identity. */
export function offers(
  { operations }: KycProviderConfig,
  { code, type }: { code: string; type: 'person' | 'company' },
): boolean {
  return operations.some((rule) => rule.code === code && rule.types.includes(type));
}
