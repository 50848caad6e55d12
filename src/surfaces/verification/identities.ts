import type { Deps } from '../../core/deps.ts';
import type { FieldProblem } from '../../core/errors.ts';
import type { Changed } from '../../core/identities/revision.ts';
import { verificationStatusOf } from '../../core/identities/standing.ts';
import { openIdentity, vaultFor } from '../../core/identities/view.ts';
import { createStub, type Stub } from '../../core/verification/create-identity.ts';
import { ATTRIBUTE_FIELDS, type AttributeField } from '../../core/verification/fields.ts';
import { findRecord } from '../../core/verification/find-record.ts';
import { archiveRecord, redactRecord, restoreRecord } from '../../core/verification/lifecycle.ts';
import {
  listByCursor,
  listByOffset,
  parseCursor,
  searchRecords,
} from '../../core/verification/list-identities.ts';
import { setTags, type TagChange } from '../../core/verification/set-tags.ts';
import { updateRecord } from '../../core/verification/update-identity.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { toTagged } from '../../kit/ids.ts';
import {
  bodyOf,
  idempotently,
  inVersion,
  queryOf,
  readFlag,
  readNumber,
  readWindow,
  refuse,
} from './requests.ts';
import { showAll, showIdentity } from './show.ts';
import { readText, readTexts, TEXT_RULES } from './texts.ts';

const PAGE = 25;
const UPDATABLE = ['external_ref', ...ATTRIBUTE_FIELDS, 'country', 'status'];
const SEARCHABLE = [
  ...[
    'external_ref',
    'status',
    'country',
    'first_name',
    'last_name',
    'date_of_birth',
    'document_number',
    'ssn',
  ],
  ...['email', 'phone', 'city', 'state', 'zip_code'],
];
const Q_LENGTH_MAX = 255;

const referenceOf = ({ params }: GuardedRequest): string => params.identity_id ?? '';

function attributesOf(texts: ReadonlyMap<string, string>): Map<AttributeField, string> {
  const attributes = new Map<AttributeField, string>();
  for (const field of ATTRIBUTE_FIELDS) {
    const text = texts.get(field);
    if (text !== undefined) attributes.set(field, text);
  }
  return attributes;
}

function others(texts: ReadonlyMap<string, string>) {
  const [externalRef, country, status] = ['external_ref', 'country', 'status'].map((name) => texts.get(name));
  return {
    ...(externalRef === undefined ? {} : { externalRef }),
    ...(country === undefined ? {} : { country }),
    ...(status === undefined ? {} : { status }),
  };
}

/** Handlers of identities (contract verification 3). Each: read, call, show. */
export function identityHandlers(deps: Deps) {
  const show = ({ config, ...opened }: Changed) => showIdentity(deps, config, opened);

  const tagging =
    (operation: string, read: (body: Record<string, unknown>, problems: FieldProblem[]) => TagChange) =>
    async (request: GuardedRequest) => {
      const problems: FieldProblem[] = [];
      const change = read(bodyOf(request, operation), problems);
      refuse(problems);
      const { stored, profile } = await setTags(deps, request.context, referenceOf(request), change);
      return inVersion(request, operation, {
        id: toTagged(stored.id, 'idn'),
        tags: [...(profile?.tags ?? [])],
      });
    };
  const oneTag = (kind: 'add' | 'remove') => (body: Record<string, unknown>, problems: FieldProblem[]) => {
    const tag = readTag(body.tag, ['tag'], problems);
    return { kind, tag };
  };
  const readTag = (value: unknown, path: FieldProblem['path'], problems: FieldProblem[]): string => {
    if (value === undefined) {
      problems.push({ path, code: 'required', message: 'is required' });
      return '';
    }
    const rule = TEXT_RULES.tag ?? { max: 0 };
    return readText(value, rule, { path, now: deps.clock.now(), problems }) ?? '';
  };

  return {
    createIdentity: (request: GuardedRequest) =>
      idempotently(deps, request, 'createIdentity', {
        run: async (idempotency) => {
          const body = bodyOf(request, 'createIdentity');
          const problems: FieldProblem[] = [];
          const { upsert = false } = body;
          if (body.external_ref === undefined) {
            problems.push({ path: ['external_ref'], code: 'required', message: 'is required' });
          }
          const texts = readTexts(body, ['external_ref'], { now: deps.clock.now(), problems });
          if (typeof upsert !== 'boolean') {
            problems.push({ path: ['upsert'], code: 'invalid', message: 'must be true or false' });
          }
          refuse(problems);
          const input = { externalRef: texts.get('external_ref') ?? '', upsert: upsert === true };
          return createStub(deps, request.context, input, idempotency);
        },
        answer: ({ identity: { stored }, upserted }: Stub) => ({
          status: upserted ? 200 : 201,
          body: {
            id: toTagged(stored.id, 'idn'),
            external_ref: stored.standing.externalRef ?? '',
            status: verificationStatusOf(stored.standing),
            is_sandbox: request.principal.environment === 'sandbox',
            created_at: stored.createdAt.toISOString(),
            upserted,
          },
        }),
      }),

    async getIdentity(request: GuardedRequest) {
      const stored = await findRecord(deps, request.principal, referenceOf(request));
      const config = await deps.configs.at(stored.poolId, stored.configVersion);
      const vault = await vaultFor(deps, stored);
      return inVersion(request, 'getIdentity', showIdentity(deps, config, openIdentity(vault, stored)));
    },

    updateIdentity: (request: GuardedRequest) =>
      idempotently(deps, request, 'updateIdentity', {
        run: async (idempotency) => {
          const problems: FieldProblem[] = [];
          const body = bodyOf(request, 'updateIdentity');
          const texts = readTexts(body, UPDATABLE, { now: deps.clock.now(), problems });
          refuse(problems);
          const input = { attributes: attributesOf(texts), ...others(texts) };
          return updateRecord(deps, request.context, referenceOf(request), input, idempotency);
        },
        answer: (changed: Changed) => ({ status: 200, body: show(changed) }),
      }),

    async listIdentities(request: GuardedRequest) {
      const problems: FieldProblem[] = [];
      const filter = {
        status: queryOf(request, 'status') ?? null,
        q: queryOf(request, 'q')?.trim() || null,
        includesArchived: readFlag(request, 'include_archived', problems),
      };
      if (filter.q !== null && [...filter.q].length > Q_LENGTH_MAX) {
        const message = `must have at most ${Q_LENGTH_MAX} characters`;
        problems.push({ path: ['q'], code: 'invalid', message });
      }
      const cursor = readCursor(request, problems);
      const window = readWindow(request, PAGE, problems);
      refuse(problems);
      if (cursor === null) {
        const { items, total } = await listByOffset(deps, request.principal, filter, window);
        const reply = { data: await showAll(deps, items), pagination: { total, ...window } };
        return inVersion(request, 'listIdentities', reply);
      }
      const page = await listByCursor(deps, request.principal, filter, cursor);
      const cursorOf = (id: string | null) => (id === null ? null : toTagged(id, 'idn'));
      const pagination = {
        size: cursor.size,
        has_more: page.hasMore,
        next_cursor: cursorOf(page.next),
        previous_cursor: cursorOf(page.previous),
      };
      return inVersion(request, 'listIdentities', { data: await showAll(deps, page.items), pagination });
    },

    async searchIdentities(request: GuardedRequest) {
      const problems: FieldProblem[] = [];
      const body = bodyOf(request, 'searchIdentities');
      const texts = readTexts(body, SEARCHABLE, { now: deps.clock.now(), problems });
      const number = (name: string, bounds: { min: number; max: number; fallback: number }): number => {
        const value = body[name] === undefined ? bounds.fallback : body[name];
        const fits = Number.isInteger(value) && Number(value) >= bounds.min && Number(value) <= bounds.max;
        if (!fits)
          problems.push({
            path: [name],
            code: 'invalid',
            message: 'must be a whole number within its bounds',
          });
        return Number(value);
      };
      const window = {
        limit: number('limit', { min: 1, max: 100, fallback: PAGE }),
        offset: number('offset', { min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 }),
      };
      refuse(problems);
      const filter = { attributes: attributesOf(texts), ...others(texts) };
      const { items, total } = await searchRecords(deps, request.principal, filter, window);
      const reply = { data: await showAll(deps, items), pagination: { total, ...window } };
      return inVersion(request, 'searchIdentities', reply);
    },

    archiveIdentity: (request: GuardedRequest) =>
      idempotently(deps, request, 'archiveIdentity', {
        run: (idempotency) => archiveRecord(deps, request.context, referenceOf(request), idempotency),
        answer: ({ stored }: Changed) => ({
          status: 200,
          body: {
            id: toTagged(stored.id, 'idn'),
            status: verificationStatusOf(stored.standing),
            archived_at: stored.standing.archivedAt ?? '',
          },
        }),
      }),

    restoreIdentity: (request: GuardedRequest) =>
      idempotently(deps, request, 'restoreIdentity', {
        run: (idempotency) => restoreRecord(deps, request.context, referenceOf(request), idempotency),
        answer: (changed: Changed) => ({ status: 200, body: show(changed) }),
      }),

    redactIdentity: (request: GuardedRequest) =>
      idempotently(deps, request, 'redactIdentity', {
        run: (idempotency) => redactRecord(deps, request.context, referenceOf(request), idempotency),
        answer: ({ stored }: Changed) => ({
          status: 200,
          body: {
            id: toTagged(stored.id, 'idn'),
            status: 'redacted',
            message: 'Personal data of the identity were erased for good.',
          },
        }),
      }),

    addTag: tagging('addTag', oneTag('add')),
    removeTag: tagging('removeTag', oneTag('remove')),
    setTags: tagging('setTags', ({ tags }, problems) => {
      if (!Array.isArray(tags)) {
        const message = tags === undefined ? 'is required' : 'must be a list of strings';
        problems.push({ path: ['tags'], code: tags === undefined ? 'required' : 'invalid', message });
        return { kind: 'set', tags: [] };
      }
      return { kind: 'set', tags: tags.map((tag, index) => readTag(tag, ['tags', index], problems)) };
    }),
  };
}

/** Null: the page goes by offset. `page[after]` overrides the offset (contract verification 1.6). */
function readCursor(request: GuardedRequest, problems: FieldProblem[]) {
  const texts = { after: queryOf(request, 'page[after]'), before: queryOf(request, 'page[before]') };
  const isByCursor = texts.after ?? texts.before ?? queryOf(request, 'page[size]');
  if (isByCursor === undefined) return null;
  const size = readNumber(request, 'page[size]', { min: 1, max: 100, fallback: PAGE }, problems);
  const read = (name: 'after' | 'before') => {
    const text = texts[name];
    if (text === undefined) return null;
    const id = parseCursor(text);
    if (id === null) problems.push({ path: [`page[${name}]`], code: 'invalid', message: 'must be a cursor' });
    return id;
  };
  const [after, before] = [read('after'), read('before')];
  if (texts.after !== undefined && texts.before !== undefined) {
    const message = 'must not be sent together with page[after]';
    problems.push({ path: ['page[before]'], code: 'invalid', message });
  }
  return { after, before, size };
}
