import { isUuid, parseTagged, toTagged, type Uuid } from '../../kit/ids.ts';

/** What the core acts on, under this surface's names and in its spelling of ids; others keep the core's name. */
const RESOURCES: ReadonlyMap<string, { readonly type: string; readonly tag: string }> = new Map([
  ['identity', { type: 'identity', tag: 'idn' }],
  ['session', { type: 'session', tag: 'ses' }],
  ['relationship', { type: 'relationship', tag: 'rel' }],
  ['identity_type', { type: 'identity_type', tag: 'idtype' }],
  ['custom_field', { type: 'custom_field', tag: 'cfield' }],
  ['webhook', { type: 'webhook', tag: 'whe' }],
  ['key', { type: 'key', tag: 'key' }],
]);

/** The core tells what happened, this surface what was called. What is not here is called what it was. */
const VERBS: ReadonlyMap<string, string> = new Map([
  ['created', 'create'],
  ['updated', 'update'],
  ['deleted', 'delete'],
  ['purged', 'purge'],
  ['archived', 'archive'],
  ['restored', 'restore'],
  ['erased', 'redact'],
  ['redacted', 'redact'],
  ['exported', 'export'],
  ['viewed', 'view'],
  ['blocked', 'block'],
  ['unblocked', 'unblock'],
  ['tagged', 'tag'],
  ['merged', 'merge'],
  ['linked', 'link'],
  ['unlinked', 'unlink'],
  ['completed', 'complete'],
  ['expired', 'expire'],
  ['failed', 'fail'],
  ['simulated', 'simulate'],
  ['reviewed', 'review'],
  ['seen', 'interact'],
  ['configured', 'configure'],
  ['revoked', 'revoke'],
  ['suspended', 'suspend'],
  ['resumed', 'resume'],
  ['monitoring_paused', 'pause_monitoring'],
  ['monitoring_resumed', 'resume_monitoring'],
  ['session_started', 'start_session'],
  ['session_authenticated', 'authenticate_session'],
  ['session_extended', 'extend_session'],
  ['session_revoked', 'revoke_session'],
  ['recovery_code_created', 'create_recovery_code'],
  ['recovery_link_created', 'create_recovery_link'],
  ['enabled', 'enable'],
  ['disabled', 'disable'],
  ['rotated', 'rotate'],
  ['keys_rotated', 'rotate_keys'],
  ['secret_rotated', 'rotate_secret'],
  ['replayed', 'replay'],
  ['delivery_replayed', 'replay_delivery'],
]);

function partsOf(action: string): { resource: string; verb: string } {
  const dot = action.indexOf('.');
  return dot === -1
    ? { resource: action, verb: '' }
    : { resource: action.slice(0, dot), verb: action.slice(dot + 1) };
}

export function resourceTypeOf(action: string): string {
  const { resource } = partsOf(action);
  return RESOURCES.get(resource)?.type ?? resource;
}

/** `identity.erased` is `api.identity.redact`. */
export function eventTypeOf(action: string): string {
  const { verb } = partsOf(action);
  const last = VERBS.get(verb) ?? verb;
  return ['api', resourceTypeOf(action), last].filter((part) => part !== '').join('.');
}

/** Every action that `eventTypeOf` gives this name to. */
export function actionsOfEventType(type: string): string[] {
  const match = /^api\.([^.]+)(?:\.(.+))?$/.exec(type);
  if (match === null) return [];
  const [, name = '', verb = ''] = match;
  const resources = [...RESOURCES].filter(([, known]) => known.type === name).map(([resource]) => resource);
  const verbs = [...VERBS].filter(([, known]) => known === verb).map(([past]) => past);
  const actions = [name, ...resources].flatMap((resource) =>
    [verb, ...verbs].map((past) => (past === '' ? resource : `${resource}.${past}`)),
  );
  return [...new Set(actions)].filter((action) => eventTypeOf(action) === type);
}

export function resourceIdOf(action: string, id: string): string {
  const { resource } = partsOf(action);
  return toTagged(id, RESOURCES.get(resource)?.tag ?? resource);
}

/** @returns The core's name of the resource and its id; null when the text is no id. */
export function parseResourceId(text: string): { resource: string; id: Uuid } | null {
  const at = text.lastIndexOf('_');
  const tag = at === -1 ? '' : text.slice(0, at);
  const id = tag === '' ? null : parseTagged(text, tag);
  if (id === null || !isUuid(id)) return null;
  for (const [resource, known] of RESOURCES) if (known.tag === tag) return { resource, id };
  return /^[a-z_]{1,40}$/.test(tag) ? { resource: tag, id } : null;
}
