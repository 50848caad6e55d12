import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput } from '../errors.ts';
import type { PoolId } from '../ports.ts';
import { PII_FIELDS, type PiiField, PLANS, type Plan } from './config.ts';
import type { VerificationSettings } from './settings-ports.ts';

const NUMBER_MAX = 2 ** 31 - 1;
export const RETENTION_DAYS_MAX = 36_500;

/** As typed; what is absent stays. */
export interface SettingsInput {
  readonly apiPiiFields?: readonly string[] | null;
  readonly sensitiveDataRetentionDays?: number | null;
  readonly plan?: string;
  readonly sessionQuota?: number | null;
}

/** Names of the settings in audit entries: the contract's where it has one. */
const NAMES: Record<keyof VerificationSettings, string> = {
  apiPiiFields: 'api_pii_fields',
  sensitiveDataRetentionDays: 'sensitive_data_retention_days',
  plan: 'plan',
  sessionQuota: 'session_quota',
};

/** @throws NotFound No such pool. */
export async function getVerificationSettings(
  { configs }: Pick<Deps, 'configs'>,
  poolId: PoolId,
): Promise<VerificationSettings> {
  const { types: _types, ...settings } = (await configs.current(poolId)).verification;
  return settings;
}

/**
 * Changes how verification behaves in a pool. An act of the installation: there is no route to it. Settings, the
 * pool's next configuration version, audit entry and event are one transaction; setting what is set already is nothing.
 *
 * @throws NotFound No such pool. @throws InvalidInput Every problem at once.
 * @see Contract verification 4.3, 1.7.
 */
export async function configureVerification(
  deps: Pick<Deps, 'clock' | 'ids' | 'configs' | 'verificationSettings'>,
  { poolId, ...input }: SettingsInput & { readonly poolId: PoolId },
): Promise<VerificationSettings> {
  const change = readSettings(input);
  const before = await getVerificationSettings(deps, poolId);
  if (changedFields(before, change).length === 0) return before;
  return deps.verificationSettings.transaction(async (tx) => {
    // First, so that two who set something at once come one after the other, also where there is no row yet.
    await tx.raiseConfigVersion(poolId);
    const stored = (await tx.lockSettings(poolId)) ?? before;
    const after = { ...stored, ...change };
    const fields = changedFields(stored, change);
    if (fields.length === 0) return stored;
    await tx.saveSettings(poolId, after);
    await tx.record(stampOf(deps, null, poolId), {
      action: 'pool.configured',
      subjectId: poolId,
      fields,
    });
    return after;
  });
}

function changedFields(before: VerificationSettings, change: Partial<VerificationSettings>): string[] {
  const after = { ...before, ...change };
  return (Object.keys(NAMES) as (keyof VerificationSettings)[])
    .filter((name) => JSON.stringify(after[name]) !== JSON.stringify(before[name]))
    .map((name) => NAMES[name]);
}

function readSettings(input: SettingsInput): Partial<VerificationSettings> {
  const problems: FieldProblem[] = [];
  const invalid = (name: keyof VerificationSettings, message: string) =>
    problems.push({ path: [NAMES[name]], code: 'invalid', message });
  const { apiPiiFields, sensitiveDataRetentionDays, plan, sessionQuota } = input;
  if (apiPiiFields?.some((name) => !isPiiField(name))) {
    invalid('apiPiiFields', `Fields of personal data are ${PII_FIELDS.join(', ')}.`);
  }
  if (plan !== undefined && !isPlan(plan)) invalid('plan', `Plans are ${PLANS.join(', ')}.`);
  if (!isCount(sensitiveDataRetentionDays, { min: 0, max: RETENTION_DAYS_MAX })) {
    invalid(
      'sensitiveDataRetentionDays',
      `A retention is a whole number of days from 0 to ${RETENTION_DAYS_MAX}.`,
    );
  }
  if (!isCount(sessionQuota, { min: 0, max: NUMBER_MAX })) {
    invalid('sessionQuota', `A quota is a whole number from 0 to ${NUMBER_MAX}.`);
  }
  if (problems.length > 0) throw new InvalidInput(problems);
  return {
    // In the contract's order and each once, so that equal lists are equal.
    ...(apiPiiFields === undefined
      ? {}
      : { apiPiiFields: apiPiiFields && PII_FIELDS.filter((name) => apiPiiFields.includes(name)) }),
    ...(sensitiveDataRetentionDays === undefined ? {} : { sensitiveDataRetentionDays }),
    ...(plan === undefined || !isPlan(plan) ? {} : { plan }),
    ...(sessionQuota === undefined ? {} : { sessionQuota }),
  };
}

function isPiiField(text: string): text is PiiField {
  return (PII_FIELDS as readonly string[]).includes(text);
}

function isPlan(text: string): text is Plan {
  return (PLANS as readonly string[]).includes(text);
}

function isCount(value: number | null | undefined, { min, max }: { min: number; max: number }): boolean {
  if (value === null || value === undefined) return true;
  return Number.isInteger(value) && value >= min && value <= max;
}
