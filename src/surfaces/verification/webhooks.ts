import type { Deps } from '../../core/deps.ts';
import { type FieldProblem, InvalidInput, NotFound, UnsupportedVersion } from '../../core/errors.ts';
import { listDeliveries, replayDelivery } from '../../core/webhooks/deliveries.ts';
import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  listWebhooks,
  rotateWebhookSecret,
  type ShownWebhook,
  updateWebhook,
} from '../../core/webhooks/manage-webhooks.ts';
import { DELIVERY_STATUSES, type DeliveryId, type WebhookId } from '../../core/webhooks/ports.ts';
import { WEBHOOK_INPUT_FIELDS, type WebhookInput } from '../../core/webhooks/read-input.ts';
import { defineRoute, type GuardedRequest, keyGuard, type Route, replyWith } from '../../http/route.ts';
import { parseTagged } from '../../kit/ids.ts';
import { versioning } from './negotiate.ts';
import { bodyOf, inVersion, queryOf, readWindow, refuse, versionOf } from './requests.ts';
import * as wire from './wire-webhooks.ts';

type Needs = Pick<Deps, 'clock' | 'ids' | 'random' | 'vault' | 'configs' | 'webhooks' | 'outgoing'>;

const LIMIT = 50;

/** Webhook endpoints and their deliveries (contract verification 5.4). */
export function webhookRoutes(deps: Needs): Route[] {
  const show = ({ principal }: GuardedRequest, webhook: ShownWebhook) =>
    wire.showWebhook(webhook, principal.environment === 'sandbox');

  const list = async (request: GuardedRequest) => {
    const problems: FieldProblem[] = [];
    const window = readWindow(request, LIMIT, problems);
    refuse(problems);
    const { items, total } = await listWebhooks(deps, request.principal, window);
    const data = items.map((item) => show(request, item));
    return inVersion(request, 'listWebhooks', { data, pagination: { total, ...window } });
  };
  const create = async (request: GuardedRequest) => {
    const { input, apiVersion } = readBody(request, 'createWebhook');
    const { principal, context } = request;
    const made = await createWebhook(
      deps,
      { poolId: principal.poolId, context },
      { ...input, apiVersion: apiVersion ?? versionOf(request) },
    );
    return replyWith(inVersion(request, 'createWebhook', show(request, made)), { status: 201 });
  };
  const get = async (request: GuardedRequest) =>
    inVersion(
      request,
      'getWebhook',
      show(request, await getWebhook(deps, request.principal, webhookIdOf(request))),
    );
  const update = async (request: GuardedRequest) => {
    const { input, apiVersion } = readBody(request, 'updateWebhook');
    const version = apiVersion === null ? {} : { apiVersion };
    const changed = await updateWebhook(deps, request.context, webhookIdOf(request), {
      ...input,
      ...version,
    });
    return inVersion(request, 'updateWebhook', show(request, changed));
  };
  const remove = async (request: GuardedRequest) => {
    await deleteWebhook(deps, request.context, webhookIdOf(request));
    return inVersion(request, 'deleteWebhook', { deleted: true });
  };
  const rotate = async (request: GuardedRequest) => {
    const rotated = await rotateWebhookSecret(deps, request.context, webhookIdOf(request));
    return inVersion(request, 'rotateWebhookSecret', show(request, rotated));
  };
  const deliveries = async (request: GuardedRequest) => {
    const problems: FieldProblem[] = [];
    const window = readWindow(request, LIMIT, problems);
    const text = queryOf(request, 'status');
    const status = DELIVERY_STATUSES.find((known) => known === text) ?? null;
    if (text !== undefined && status === null) {
      const message = `must be one of ${DELIVERY_STATUSES.join(', ')}`;
      problems.push({ path: ['status'], code: 'invalid', message });
    }
    refuse(problems);
    const id = webhookIdOf(request);
    const { webhook, page } = await listDeliveries(deps, request.principal, { id, status, ...window });
    const data = page.items.map((item) => wire.showDelivery(item, webhook));
    return inVersion(request, 'listWebhookDeliveries', {
      data,
      pagination: { total: page.total, ...window },
    });
  };
  const replay = async (request: GuardedRequest) => {
    const deliveryId = parseTagged(request.params.delivery_id ?? '', wire.DELIVERY_TAG);
    if (deliveryId === null) throw new NotFound();
    const { webhook, delivery } = await replayDelivery(deps, request.context, {
      webhookId: webhookIdOf(request),
      deliveryId: deliveryId as DeliveryId,
    });
    return inVersion(request, 'replayWebhookDelivery', wire.showDelivery(delivery, webhook));
  };

  const BASE = '/api/v1/webhooks';
  const ONE = `${BASE}/:webhook_id`;
  const reading = { guard: keyGuard('webhooks:read'), reads: 'none' } as const;
  const writing = { guard: keyGuard('webhooks:write'), reads: 'json' } as const;
  const acting = { guard: keyGuard('webhooks:write'), reads: 'none' } as const;
  const params = wire.WebhookPath;
  const missing = ['not_found'] as const;
  const refused = ['bad_request', 'validation_error'] as const;
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'GET', path: BASE, operation: 'listWebhooks', summary: 'List webhook endpoints', ...reading, query: wire.WebhookListQuery, reply: wire.WebhookListReply, errors: ['validation_error'], handler: list }),
    defineRoute({ method: 'POST', path: BASE, operation: 'createWebhook', summary: 'Create a webhook endpoint', ...writing, body: wire.CreateWebhookBody, reply: wire.WebhookReply, status: 201, errors: refused, handler: create }),
    defineRoute({ method: 'GET', path: ONE, operation: 'getWebhook', summary: 'Fetch a webhook endpoint', ...reading, params, reply: wire.WebhookReply, errors: missing, handler: get }),
    defineRoute({ method: 'PATCH', path: ONE, operation: 'updateWebhook', summary: 'Update a webhook endpoint', ...writing, params, body: wire.UpdateWebhookBody, reply: wire.WebhookReply, errors: [...missing, ...refused], handler: update }),
    defineRoute({ method: 'DELETE', path: ONE, operation: 'deleteWebhook', summary: 'Delete a webhook endpoint and its deliveries', ...acting, params, reply: wire.DeletedReply, errors: missing, handler: remove }),
    defineRoute({ method: 'POST', path: `${ONE}/rotate-secret`, operation: 'rotateWebhookSecret', summary: 'Give a webhook endpoint a new secret', ...acting, params, reply: wire.WebhookReply, errors: missing, handler: rotate }),
    defineRoute({ method: 'GET', path: `${ONE}/deliveries`, operation: 'listWebhookDeliveries', summary: 'List deliveries of a webhook endpoint', ...reading, params, query: wire.DeliveryListQuery, reply: wire.DeliveryListReply, errors: [...missing, 'validation_error'], handler: deliveries }),
    defineRoute({ method: 'POST', path: `${ONE}/deliveries/:delivery_id/replay`, operation: 'replayWebhookDelivery', summary: 'Send a delivery again', ...acting, params: wire.DeliveryPath, reply: wire.DeliveryReply, errors: [...missing, 'validation_error'], handler: replay }),
  ];
}

/** @throws NotFound What is no id of an endpoint is the id of none. */
function webhookIdOf({ params }: GuardedRequest): WebhookId {
  const id = parseTagged(params.webhook_id ?? '', wire.WEBHOOK_TAG);
  if (id === null) throw new NotFound();
  return id as WebhookId;
}

/** @returns The version that was asked for, as the one that answers to it; null where none was. */
function readBody(
  request: GuardedRequest,
  operation: string,
): { input: WebhookInput; apiVersion: string | null } {
  const body = bodyOf(request, operation);
  const input: WebhookInput = Object.fromEntries(
    WEBHOOK_INPUT_FIELDS.filter((name) => Object.hasOwn(body, name)).map((name) => [name, body[name]]),
  );
  const { api_version: version = null } = body;
  if (version === null) return { input, apiVersion: null };
  try {
    if (typeof version === 'string') return { input, apiVersion: versioning.resolve(version, null) };
  } catch (error) {
    if (!(error instanceof UnsupportedVersion)) throw error;
  }
  const message = 'must be a version of this API in YYYY-MM-DD form';
  throw new InvalidInput([{ path: ['api_version'], code: 'invalid', message }]);
}
