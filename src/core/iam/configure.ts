import { isSameJson } from '../../kit/same-json.ts';
import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput } from '../errors.ts';
import { readTokenTemplates, type TokenTemplateInput } from '../jwt/templates.ts';
import type { PasswordAlgorithm } from '../passwords/ports.ts';
import type { PoolId } from '../ports.ts';
import { changedSettings } from '../self-service/changed-settings.ts';
import { readSelfServiceSettings } from '../self-service/read-settings.ts';
import { DEFAULT_IAM, type IamConfig } from './config.ts';

/** What passwords of a pool may cost, from what is still safe to what one login may take of a server. */
export const BOUNDS = {
  bcryptCost: { min: 10, max: 15 },
  memoryKib: { min: 7_168, max: 1_048_576 },
  passes: { min: 1, max: 10 },
  lanes: { min: 1, max: 16 },
} as const;
/** Memory times passes, in KiB: the least of OWASP's equal choices for argon2id. */
export const ARGON2_WORK_MIN = 35_840;

/** What is absent stays. */
export interface IamSettingsInput {
  readonly passwordAlgorithm?: PasswordAlgorithm;
  readonly passwordlessCode?: boolean;
  /** All of them. */
  readonly tokenTemplates?: readonly TokenTemplateInput[];
  /** All of them, as an operator wrote them down: nothing in it has been looked at. */
  readonly selfService?: unknown;
}

/** Names of the settings in audit entries. */
const NAMES = {
  passwordAlgorithm: 'password_algorithm',
  passwordlessCode: 'passwordless_code',
  tokenTemplates: 'token_templates',
  selfService: 'self_service',
} as const;
type Setting = keyof typeof NAMES;
export type IamSettings = Pick<IamConfig, Setting>;

/** @throws NotFound No such pool. */
export async function getIamSettings(
  { configs }: Pick<Deps, 'configs'>,
  poolId: PoolId,
): Promise<IamSettings> {
  return settingsIn((await configs.current(poolId)).iam);
}

/**
 * Changes how a pool keeps credentials, and what it tells of sessions in tokens. An act of the installation: there is no route to it. Settings, the pool's next
 * configuration version, audit entry and event are one transaction; setting what is set already is nothing. Passwords
 * that are there stay as they are hashed until somebody logs in with them.
 *
 * @throws NotFound No such pool. @throws InvalidInput Every problem at once.
 */
export async function configureIam(
  deps: Pick<Deps, 'clock' | 'ids' | 'configs' | 'iamSettings'>,
  { poolId, ...input }: IamSettingsInput & { readonly poolId: PoolId },
): Promise<IamSettings> {
  const change = readSettings(input);
  const before = await getIamSettings(deps, poolId);
  if (changedFields(before, change).length === 0) return before;
  return deps.iamSettings.transaction(async (tx) => {
    // First, so that two who set something at once come one after the other, also where there is no row yet.
    await tx.raiseConfigVersion(poolId);
    const stored = settingsIn({ ...DEFAULT_IAM, ...(await tx.lockSettings(poolId)) });
    const fields = changedFields(stored, change);
    if (fields.length === 0) return stored;
    await tx.saveSettings(poolId, change);
    await tx.record(stampOf(deps, null, poolId), {
      action: 'pool.configured',
      subjectId: poolId,
      fields,
    });
    return { ...stored, ...change };
  });
}

function settingsIn(config: IamConfig): IamSettings {
  const { passwordAlgorithm, passwordlessCode, tokenTemplates, selfService } = config;
  return { passwordAlgorithm, passwordlessCode, tokenTemplates, selfService };
}

function changedFields(before: IamSettings, change: Partial<IamSettings>): string[] {
  const after = { ...before, ...change };
  return (Object.keys(NAMES) as Setting[])
    .filter((name) => !isSameJson(after[name], before[name]))
    .flatMap((name) => {
      if (name !== 'selfService') return [NAMES[name]];
      return changedSettings(before.selfService, after.selfService).map((one) => `${NAMES[name]}.${one}`);
    });
}

function readSettings(input: IamSettingsInput): Partial<IamSettings> {
  const { passwordAlgorithm, passwordlessCode, tokenTemplates, selfService } = input;
  const problems = passwordAlgorithm === undefined ? [] : algorithmProblems(passwordAlgorithm);
  if (problems.length > 0) throw new InvalidInput(problems);
  return {
    ...(passwordAlgorithm === undefined ? {} : { passwordAlgorithm }),
    ...(passwordlessCode === undefined ? {} : { passwordlessCode }),
    ...(tokenTemplates === undefined ? {} : { tokenTemplates: readTokenTemplates(tokenTemplates) }),
    ...(selfService === undefined ? {} : { selfService: readSelfServiceSettings(selfService) }),
  };
}

function algorithmProblems(algorithm: PasswordAlgorithm): FieldProblem[] {
  if (algorithm.kind === 'bcrypt') return boundProblems({ bcryptCost: algorithm.cost });
  const { memoryKib, passes, lanes } = algorithm;
  const problems = boundProblems({ memoryKib, passes, lanes });
  if (problems.length === 0 && memoryKib * passes < ARGON2_WORK_MIN)
    problems.push({
      path: ['password_algorithm'],
      code: 'invalid',
      message: `needs more memory or passes: together at least ${ARGON2_WORK_MIN} KiB`,
    });
  return problems;
}

function boundProblems(values: Partial<Record<keyof typeof BOUNDS, number>>): FieldProblem[] {
  return (Object.keys(values) as (keyof typeof BOUNDS)[]).flatMap((name): FieldProblem[] => {
    const { min, max } = BOUNDS[name];
    const value = values[name] ?? Number.NaN;
    if (Number.isInteger(value) && value >= min && value <= max) return [];
    const message = `must be a whole number from ${min} to ${max}`;
    return [{ path: ['password_algorithm', name], code: 'invalid', message }];
  });
}
