import Type from 'typebox';
import type { Deps } from '../../core/deps.ts';
import { getCustomFields, setCustomFields } from '../../core/verification/custom-fields.ts';
import { defineRoute, type GuardedRequest, keyGuard, type Route } from '../../http/route.ts';
import { toTagged } from '../../kit/ids.ts';
import { createBodyReader } from './body-reader.ts';
import { bodyOf, inVersion, refuse } from './requests.ts';
import { Reference } from './wire.ts';
import * as wire from './wire-types.ts';

const PATH = '/api/v1/identities/:identity_id/custom-fields';
const params = Type.Object({ identity_id: Reference });

/** Routes of an identity's custom fields (contract verification 3.10). */
export function customFieldRoutes(deps: Deps): Route[] {
  const referenceOf = ({ params: path }: GuardedRequest): string => path.identity_id ?? '';

  const getHandler = async (request: GuardedRequest) => {
    const { stored, values } = await getCustomFields(deps, request.principal, referenceOf(request));
    const reply = { identity_id: toTagged(stored.id, 'idn'), custom_fields: { ...values } };
    return inVersion(request, 'getCustomFields', reply);
  };

  const setHandler = async (request: GuardedRequest) => {
    const reader = createBodyReader(bodyOf(request, 'setCustomFields'), deps.clock.now());
    const values = reader.required('custom_fields', reader.map('custom_fields'), {});
    refuse(reader.problems);
    const { stored, profile } = await setCustomFields(deps, request.context, referenceOf(request), values);
    const reply = { identity_id: toTagged(stored.id, 'idn'), custom_fields: { ...profile?.customFields } };
    return inVersion(request, 'setCustomFields', reply);
  };

  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'GET', path: PATH, operation: 'getCustomFields', summary: 'Fetch the custom fields of an identity', guard: keyGuard('identities:read'), reads: 'none', params, reply: wire.CustomValues, errors: ['not_found'], handler: getHandler }),
    defineRoute({ method: 'PATCH', path: PATH, operation: 'setCustomFields', summary: 'Set custom fields of an identity; null removes one', guard: keyGuard('identities:write'), reads: 'json', params, body: wire.CustomValuesInput, reply: wire.CustomValues, errors: ['not_found', 'validation_error'], handler: setHandler }),
  ];
}
