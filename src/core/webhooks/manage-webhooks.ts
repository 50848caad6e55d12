import { stampOf } from '../audit/stamp.ts';
import type { Deps } from '../deps.ts';
import { type FieldProblem, InvalidInput, NotFound, WrongState } from '../errors.ts';
import type { OffsetPage } from '../pools/ports.ts';
import type { KeyInflection, PoolId, PoolVault, Principal, RequestContext } from '../ports.ts';
import type { StoredWebhook, Webhook, WebhookId, WebhookStore, Window } from './ports.ts';
import { type ReadWebhook, readDialect, readWebhook, type WebhookInput } from './read-input.ts';
import { createSecret, openSecret, secretSection } from './secret.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'random' | 'vault' | 'configs' | 'webhooks' | 'outgoing'>;

/** Each event is looked at once for every endpoint of its pool. */
export const WEBHOOKS_MAX = 50;

/** An endpoint, with its secret where the caller may see it. */
export interface ShownWebhook {
  readonly webhook: Webhook;
  readonly secret: string | null;
}

/**
 * Makes an endpoint. The one audit entry goes with it; there is no event, since nobody follows these.
 *
 * @param input.apiVersion Checked by the surface, which knows its versions.
 * @returns With the secret, which later is shown in sandbox pools only.
 * @throws NotFound No such pool. @throws InvalidInput Every problem at once. @throws WrongState There are 50 already.
 * @see Contract verification 5.4.
 */
export async function createWebhook(
  deps: Needs,
  caller: { readonly poolId: PoolId; readonly context: RequestContext | null },
  { apiVersion, ...input }: WebhookInput & { readonly apiVersion: string },
): Promise<ShownWebhook> {
  const { poolId, context } = caller;
  const { environment } = await deps.configs.any(poolId);
  const dialect = readDialect(input.dialect);
  const rules = { dialect: dialect ?? 'verification', environment, ...deps.outgoing };
  const { read, problems } = readWebhook(input, rules);
  if (dialect === null) problems.push(invalid('dialect', 'must be a dialect that there is'));
  if (input.url === undefined) {
    problems.unshift({ path: ['url'], code: 'required', message: 'must be given' });
  }
  if (problems.length > 0 || read.url === undefined || dialect === null) throw new InvalidInput(problems);

  const vault = await deps.vault.pool(poolId);
  const at = deps.clock.now();
  const id = deps.ids.next() as WebhookId;
  const secret = createSecret(deps);
  const isActive = read.isActive ?? true;
  const webhook = {
    ...{ poolId, id, url: read.url, dialect, apiVersion },
    enabledEvents: read.enabledEvents ?? null,
    attributeBlocklist: read.attributeBlocklist ?? [],
    conditions: read.conditions ?? [],
    keyInflection: read.keyInflection ?? ('snake' satisfies KeyInflection),
    label: read.label ?? null,
    description: read.description ?? null,
    ...{ isActive, disabledAt: isActive ? null : at, failures: 0 },
    sealedSecret: vault.seal(secretSection(id), Buffer.from(secret)),
    ...{ createdAt: at, updatedAt: at },
  };
  await deps.webhooks.transaction(async (tx) => {
    if ((await tx.countWebhooks(poolId)) >= WEBHOOKS_MAX) {
      throw new WrongState(`A pool has at most ${WEBHOOKS_MAX} webhook endpoints.`);
    }
    await tx.insertWebhook(webhook);
    await auditOf(deps, context, poolId, vault)(tx, 'webhook.created', id, ['url']);
  });
  return { webhook, secret };
}

/** Newest first. */
export async function listWebhooks(
  deps: Pick<Needs, 'webhooks' | 'vault' | 'configs'>,
  { poolId }: Principal,
  window: Window,
): Promise<OffsetPage<ShownWebhook>> {
  const { items, total } = await deps.webhooks.listWebhooks(poolId, window);
  return { items: await Promise.all(items.map((item) => shown(deps, item))), total };
}

/** @throws NotFound Missing, or of another pool. */
export async function getWebhook(
  deps: Pick<Needs, 'webhooks' | 'vault' | 'configs'>,
  { poolId }: Principal,
  id: WebhookId,
): Promise<ShownWebhook> {
  const found = await deps.webhooks.findWebhook(poolId, id);
  if (found === null) throw new NotFound();
  return shown(deps, found);
}

/**
 * What is not sent stays. Switching off keeps pending deliveries waiting, and makes none of what happens meanwhile;
 * switching on makes those that waited due at once, and forgets failures.
 *
 * @throws NotFound @throws InvalidInput Every problem at once.
 */
export async function updateWebhook(
  deps: Needs,
  context: RequestContext,
  id: WebhookId,
  { apiVersion, ...input }: WebhookInput & { readonly apiVersion?: string },
): Promise<ShownWebhook> {
  const { poolId } = context.principal;
  const { environment } = await deps.configs.any(poolId);
  const vault = await deps.vault.pool(poolId);
  const changed = await deps.webhooks.transaction(async (tx) => {
    const stored = await tx.lockWebhook(poolId, id);
    if (stored === null) throw new NotFound();
    const { read, problems } = readWebhook(input, {
      dialect: stored.dialect,
      environment,
      ...deps.outgoing,
    });
    if (input.dialect !== undefined && input.dialect !== stored.dialect) {
      problems.push(invalid('dialect', 'must stay as it was when the endpoint was made'));
    }
    if (problems.length > 0) throw new InvalidInput(problems);
    const at = deps.clock.now();
    const { after, fields } = revise(stored, { ...read, apiVersion }, at);
    if (fields.length === 0) return stored;
    await tx.updateWebhook(after);
    if (stored.isActive && !after.isActive) await tx.parkDeliveries(poolId, id);
    if (!stored.isActive && after.isActive) await tx.unparkDeliveries(poolId, id, at);
    await auditOf(deps, context, poolId, vault)(tx, 'webhook.updated', id, fields);
    return after;
  });
  return shown(deps, changed);
}

function revise(
  stored: StoredWebhook,
  read: ReadWebhook & { readonly apiVersion: string | undefined },
  at: Date,
): { after: StoredWebhook; fields: string[] } {
  const sent: Partial<Webhook> = Object.fromEntries(
    Object.entries(read).filter(
      ([key, value]) =>
        value !== undefined && JSON.stringify(value) !== JSON.stringify(stored[key as keyof ReadWebhook]),
    ),
  );
  const names = Object.keys(sent).map((key) => NAMES[key as keyof ReadWebhook] ?? key);
  const switched = sent.isActive === undefined ? {} : { disabledAt: sent.isActive ? null : at, failures: 0 };
  return { after: { ...stored, ...sent, ...switched, updatedAt: at }, fields: names };
}

const NAMES: Readonly<Partial<Record<keyof ReadWebhook | 'apiVersion', string>>> = {
  enabledEvents: 'enabled_events',
  attributeBlocklist: 'attribute_blocklist',
  conditions: 'event_filter_conditions',
  keyInflection: 'key_inflection',
  isActive: 'is_active',
  apiVersion: 'api_version',
};

/** With everything that was to be sent to it. @throws NotFound */
export async function deleteWebhook(deps: Needs, context: RequestContext, id: WebhookId): Promise<void> {
  const { poolId } = context.principal;
  const vault = await deps.vault.pool(poolId);
  await deps.webhooks.transaction(async (tx) => {
    if (!(await tx.removeWebhook(poolId, id))) throw new NotFound();
    await auditOf(deps, context, poolId, vault)(tx, 'webhook.deleted', id, []);
  });
}

/**
 * The old secret is void at once: every attempt from now on, also of what was pending, is signed with the new one.
 *
 * @returns With the new secret. @throws NotFound
 */
export async function rotateWebhookSecret(
  deps: Needs,
  context: RequestContext,
  id: WebhookId,
): Promise<ShownWebhook> {
  const { poolId } = context.principal;
  const vault = await deps.vault.pool(poolId);
  const secret = createSecret(deps);
  const sealedSecret = vault.seal(secretSection(id), Buffer.from(secret));
  const webhook = await deps.webhooks.transaction(async (tx) => {
    const stored = await tx.lockWebhook(poolId, id);
    if (stored === null) throw new NotFound();
    const after = { ...stored, sealedSecret, updatedAt: deps.clock.now() };
    await tx.updateWebhook(after);
    await auditOf(deps, context, poolId, vault)(tx, 'webhook.secret_rotated', id, ['secret']);
    return after;
  });
  return { webhook, secret };
}

async function shown(deps: Pick<Needs, 'vault' | 'configs'>, webhook: StoredWebhook): Promise<ShownWebhook> {
  const { environment } = await deps.configs.any(webhook.poolId);
  return { webhook, secret: environment === 'sandbox' ? await openSecret(deps, webhook) : null };
}

/** Writes the audit entry of a change within its transaction. */
export function auditOf(
  deps: Pick<Deps, 'clock' | 'ids'>,
  context: RequestContext | null,
  poolId: PoolId,
  vault: PoolVault | null,
): (tx: WebhookStore, action: string, id: WebhookId, fields: readonly string[]) => Promise<void> {
  const stamp = stampOf(deps, context, poolId, vault);
  return (tx, action, id, fields) => tx.audit(stamp, { action, subjectId: id, fields });
}

function invalid(field: string, message: string): FieldProblem {
  return { path: [field], code: 'invalid', message };
}
