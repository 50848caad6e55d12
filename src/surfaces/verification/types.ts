import type { Static } from 'typebox';
import Type from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { NotFound } from '../../core/errors.ts';
import { type CustomField, FIELD_TYPES, type IdentityType } from '../../core/verification/config.ts';
import {
  createField,
  deleteField,
  getField,
  listFields,
  updateField,
} from '../../core/verification/field-definitions.ts';
import {
  createType,
  deleteType,
  getType,
  listTypes,
  updateType,
} from '../../core/verification/identity-types.ts';
import { defineRoute, type GuardedRequest, keyGuard, type Route } from '../../http/route.ts';
import { parseTagged, toTagged } from '../../kit/ids.ts';
import { type BodyReader, createBodyReader, sentOf } from './body-reader.ts';
import { bodyOf, idempotently, inVersion, readWindow, refuse } from './requests.ts';
import * as wire from './wire-types.ts';

const PAGE = 25;

/** @throws NotFound The text is no such id. */
function idOf({ params }: GuardedRequest, name: string, tag: string): string {
  const id = parseTagged(params[name] ?? '', tag);
  if (id === null) throw new NotFound();
  return id;
}

const typeIdOf = (request: GuardedRequest) => idOf(request, 'type_id', 'idtype');
const fieldIdOf = (request: GuardedRequest) => idOf(request, 'field_id', 'cfield');

function readType(reader: BodyReader) {
  return {
    name: reader.text('name', 100),
    label: reader.text('label', 255),
    description: reader.textOrNull('description', 1000),
    statuses: reader.texts('statuses', { max: 50, lengthMax: 64 }),
    defaultStatus: reader.textOrNull('default_status', 64),
    isDefault: reader.flag('is_default'),
  };
}

function readField(body: Record<string, unknown>, reader: BodyReader) {
  const { problems } = reader;
  const type = reader.text('field_type', 64);
  const fieldType = FIELD_TYPES.find((known) => known === type);
  if (type !== undefined && fieldType === undefined) {
    const message = `must be one of ${FIELD_TYPES.join(', ')}`;
    problems.push({ path: ['field_type'], code: 'invalid', message });
  }
  return {
    name: reader.text('name', 64),
    label: reader.text('label', 255),
    fieldType,
    isRequired: reader.flag('is_required'),
    isUnique: reader.flag('is_unique'),
    isEncrypted: reader.flag('is_encrypted'),
    enumValues: body.enum_values === null ? null : reader.texts('enum_values', { max: 500, lengthMax: 255 }),
    // Not trimmed: spaces at its ends are a part of it.
    validationRegex: readPattern(body.validation_regex, problems),
    sortOrder: reader.integer('sort_order', { min: -1_000_000, max: 1_000_000 }),
  };
}

function readPattern(value: unknown, problems: BodyReader['problems']): string | null | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value;
  problems.push({ path: ['validation_regex'], code: 'invalid', message: 'must be a string' });
}

/** Handlers of identity types and their fields (contract verification 5.3). */
export function typeHandlers(deps: Deps) {
  const showType = (request: GuardedRequest, type: IdentityType): Static<typeof wire.IdentityType> => ({
    id: toTagged(type.id, 'idtype'),
    org_id: toTagged(request.principal.accountId, 'org'),
    name: type.name,
    label: type.label,
    description: type.description,
    statuses: [...type.statuses],
    default_status: type.defaultStatus,
    is_default: type.isDefault,
    created_at: type.createdAt,
    updated_at: type.updatedAt,
  });
  const showField = (field: CustomField): Static<typeof wire.CustomField> => ({
    id: toTagged(field.id, 'cfield'),
    identity_type_id: toTagged(field.typeId, 'idtype'),
    name: field.name,
    label: field.label,
    field_type: field.fieldType,
    is_required: field.isRequired,
    is_unique: field.isUnique,
    is_encrypted: field.isEncrypted,
    enum_values: field.enumValues === null ? null : [...field.enumValues],
    validation_regex: field.validationRegex,
    sort_order: field.sortOrder,
    created_at: field.createdAt,
    updated_at: field.updatedAt,
  });
  const paged = <Item, Shown>(
    request: GuardedRequest,
    operation: string,
    { items, show }: { items: (window: object) => Promise<readonly Item[]>; show: (item: Item) => Shown },
  ) => {
    const reader = createBodyReader({}, deps.clock.now());
    const window = readWindow(request, PAGE, reader.problems);
    refuse(reader.problems);
    return items(window).then((all) =>
      inVersion(request, operation, {
        data: all.slice(window.offset, window.offset + window.limit).map(show),
        pagination: { total: all.length, ...window },
      }),
    );
  };

  return {
    listTypes: async (request: GuardedRequest) =>
      paged(request, 'listIdentityTypes', {
        items: () => listTypes(deps, request.principal),
        show: (type: IdentityType) => showType(request, type),
      }),

    createType: (request: GuardedRequest) =>
      idempotently(deps, request, 'createIdentityType', {
        run: async (idempotency) => {
          const reader = createBodyReader(bodyOf(request, 'createIdentityType'), deps.clock.now());
          const read = readType(reader);
          const input = {
            name: reader.required('name', read.name, ''),
            label: reader.required('label', read.label, ''),
            description: read.description ?? null,
            statuses: read.statuses ?? [],
            defaultStatus: read.defaultStatus ?? null,
            isDefault: read.isDefault ?? false,
          };
          refuse(reader.problems);
          return createType(deps, request.context, input, idempotency);
        },
        answer: (type: IdentityType) => ({ status: 201, body: showType(request, type) }),
      }),

    async getType(request: GuardedRequest) {
      const type = await getType(deps, request.principal, typeIdOf(request));
      return inVersion(request, 'getIdentityType', showType(request, type));
    },

    async updateType(request: GuardedRequest) {
      const reader = createBodyReader(bodyOf(request, 'updateIdentityType'), deps.clock.now());
      const change = sentOf(readType(reader));
      refuse(reader.problems);
      const type = await updateType(deps, request.context, { id: typeIdOf(request), change });
      return inVersion(request, 'updateIdentityType', showType(request, type));
    },

    async deleteType(request: GuardedRequest) {
      await deleteType(deps, request.context, typeIdOf(request));
      return inVersion(request, 'deleteIdentityType', { deleted: true });
    },

    listFields: async (request: GuardedRequest) =>
      paged(request, 'listCustomFields', {
        items: () => listFields(deps, request.principal, typeIdOf(request)),
        show: showField,
      }),

    createField: (request: GuardedRequest) =>
      idempotently(deps, request, 'createCustomField', {
        run: async (idempotency) => {
          const body = bodyOf(request, 'createCustomField');
          const reader = createBodyReader(body, deps.clock.now());
          const read = readField(body, reader);
          const field = {
            name: reader.required('name', read.name, ''),
            label: reader.required('label', read.label, ''),
            fieldType: reader.required('field_type', read.fieldType, 'string'),
            isRequired: read.isRequired ?? false,
            isUnique: read.isUnique ?? false,
            isEncrypted: read.isEncrypted ?? false,
            enumValues: read.enumValues ?? null,
            validationRegex: read.validationRegex ?? null,
            sortOrder: read.sortOrder ?? 0,
          };
          refuse(reader.problems);
          return createField(deps, request.context, { typeId: typeIdOf(request), field }, idempotency);
        },
        answer: (field: CustomField) => ({ status: 201, body: showField(field) }),
      }),

    async getField(request: GuardedRequest) {
      const ids = { typeId: typeIdOf(request), id: fieldIdOf(request) };
      return inVersion(request, 'getCustomField', showField(await getField(deps, request.principal, ids)));
    },

    async updateField(request: GuardedRequest) {
      const body = bodyOf(request, 'updateCustomField');
      const reader = createBodyReader(body, deps.clock.now());
      const change = sentOf(readField(body, reader));
      refuse(reader.problems);
      const ids = { typeId: typeIdOf(request), id: fieldIdOf(request) };
      const field = await updateField(deps, request.context, { ...ids, change });
      return inVersion(request, 'updateCustomField', showField(field));
    },

    async deleteField(request: GuardedRequest) {
      await deleteField(deps, request.context, { typeId: typeIdOf(request), id: fieldIdOf(request) });
      return inVersion(request, 'deleteCustomField', { deleted: true });
    },
  };
}

const BASE = '/api/v1/identity-types';
const ONE = `${BASE}/:type_id`;
const FIELDS = `${ONE}/fields`;
const ONE_FIELD = `${FIELDS}/:field_id`;
const reading = { guard: keyGuard('identities:read'), reads: 'none' } as const;
const writing = { guard: keyGuard('identities:write'), reads: 'json' } as const;
const removing = { guard: keyGuard('identities:write'), reads: 'none' } as const;
const typeParams = Type.Object({ type_id: Type.String() });
const fieldParams = Type.Object({ type_id: Type.String(), field_id: Type.String() });
const Window = Type.Object({
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: PAGE })),
  offset: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
});
const refused = ['not_found', 'validation_error'] as const;
const creating = ['conflict', 'validation_error', 'idempotency_mismatch'] as const;

/** Routes of identity types and their fields (contract verification 5.3). */
export function typeRoutes(deps: Deps): Route[] {
  const t = typeHandlers(deps);
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'GET', path: BASE, operation: 'listIdentityTypes', summary: 'List identity types', ...reading, query: Window, reply: wire.IdentityTypeList, errors: ['validation_error'], handler: t.listTypes }),
    defineRoute({ method: 'POST', path: BASE, operation: 'createIdentityType', summary: 'Create an identity type', ...writing, body: wire.TypeInput, status: 201, reply: wire.IdentityType, errors: creating, handler: t.createType }),
    defineRoute({ method: 'GET', path: ONE, operation: 'getIdentityType', summary: 'Fetch an identity type', ...reading, params: typeParams, reply: wire.IdentityType, errors: ['not_found'], handler: t.getType }),
    defineRoute({ method: 'PATCH', path: ONE, operation: 'updateIdentityType', summary: 'Update an identity type', ...writing, params: typeParams, body: wire.TypeUpdateInput, reply: wire.IdentityType, errors: refused, handler: t.updateType }),
    defineRoute({ method: 'DELETE', path: ONE, operation: 'deleteIdentityType', summary: 'Delete an identity type that no identity has', ...removing, params: typeParams, reply: wire.Deleted, errors: refused, handler: t.deleteType }),
    defineRoute({ method: 'GET', path: FIELDS, operation: 'listCustomFields', summary: 'List the custom fields of a type', ...reading, params: typeParams, query: Window, reply: wire.CustomFieldList, errors: refused, handler: t.listFields }),
    defineRoute({ method: 'POST', path: FIELDS, operation: 'createCustomField', summary: 'Create a custom field', ...writing, params: typeParams, body: wire.FieldInput, status: 201, reply: wire.CustomField, errors: ['not_found', ...creating], handler: t.createField }),
    defineRoute({ method: 'GET', path: ONE_FIELD, operation: 'getCustomField', summary: 'Fetch a custom field', ...reading, params: fieldParams, reply: wire.CustomField, errors: ['not_found'], handler: t.getField }),
    defineRoute({ method: 'PATCH', path: ONE_FIELD, operation: 'updateCustomField', summary: 'Update a custom field', ...writing, params: fieldParams, body: wire.FieldUpdateInput, reply: wire.CustomField, errors: refused, handler: t.updateField }),
    defineRoute({ method: 'DELETE', path: ONE_FIELD, operation: 'deleteCustomField', summary: 'Delete a custom field that has no value', ...removing, params: fieldParams, reply: wire.Deleted, errors: refused, handler: t.deleteField }),
  ];
}
