import type { Deps } from '../../core/deps.ts';
import { InternalFault } from '../../core/errors.ts';
import type { Changed } from '../../core/identities/revision.ts';
import {
  type Merged,
  type MergeInput,
  mergeIdentities,
  previewMerge,
} from '../../core/verification/merge-identities.ts';
import { defineRoute, type GuardedRequest, keyGuard, type Route } from '../../http/route.ts';
import { toTagged } from '../../kit/ids.ts';
import { createBodyReader } from './body-reader.ts';
import { bodyOf, idempotently, inVersion, refuse } from './requests.ts';
import { showIdentity, showSummary } from './show.ts';
import * as wire from './wire-merges.ts';

const SECONDARIES_MAX = 100;
const REFERENCE_LENGTH_MAX = 255;

/** Handlers of merges (contract verification 3.9). */
export function mergeHandlers(deps: Deps) {
  const show = ({ config, ...opened }: Changed) => showIdentity(deps, config, opened);
  // What it kept of itself is read from it, not from here: the kept reply lies under the primary's key alone.
  const showLeft = ({ config, ...opened }: Changed) => ({
    ...showSummary(config, opened),
    custom_fields: {},
  });
  const showBoth = ({ primary, secondaries: [secondary] }: Merged) => {
    if (secondary === undefined) throw new InternalFault('nothing was merged');
    return { primary: show(primary), secondary: showLeft(secondary) };
  };

  const readPair = (request: GuardedRequest, operation: string): MergeInput => {
    const reader = createBodyReader(bodyOf(request, operation), deps.clock.now());
    const reference = (name: string) => reader.required(name, reader.text(name, REFERENCE_LENGTH_MAX), '');
    const [primary, secondary] = [reference('primary_identity_id'), reference('secondary_identity_id')];
    refuse(reader.problems);
    return {
      ...{ primary, secondaries: [secondary], unknown: 'not_found' },
      fields: { primary: 'primary_identity_id', secondary: () => ['secondary_identity_id'] },
    };
  };
  const readMany = (request: GuardedRequest, operation: string): MergeInput => {
    const reader = createBodyReader(bodyOf(request, operation), deps.clock.now());
    const [primaryName, name] = ['primary_identity_id', 'secondary_identity_ids'];
    const primary = reader.required(primaryName, reader.text(primaryName, REFERENCE_LENGTH_MAX), '');
    const bounds = { max: SECONDARIES_MAX, lengthMax: REFERENCE_LENGTH_MAX };
    const secondaries = reader.required(name, reader.texts(name, bounds), ['']);
    if (secondaries.length === 0) {
      reader.problems.push({ path: [name], code: 'invalid', message: 'must name at least one identity' });
    }
    refuse(reader.problems);
    return {
      ...{ primary, secondaries, unknown: 'invalid' },
      fields: { primary: primaryName, secondary: (index) => [name, index] },
    };
  };

  return {
    async previewMerge(request: GuardedRequest) {
      const merged = await previewMerge(deps, request.context, readPair(request, 'previewMerge'));
      return inVersion(request, 'previewMerge', showBoth(merged));
    },
    mergeIdentities: (request: GuardedRequest) =>
      idempotently(deps, request, 'mergeIdentities', {
        run: async (idempotency) =>
          mergeIdentities(deps, request.context, readPair(request, 'mergeIdentities'), idempotency),
        answer: (merged: Merged) => ({ status: 200, body: showBoth(merged) }),
      }),
    mergeMultiple: (request: GuardedRequest) =>
      idempotently(deps, request, 'mergeMultiple', {
        run: async (idempotency) =>
          mergeIdentities(deps, request.context, readMany(request, 'mergeMultiple'), idempotency),
        answer: ({ primary, secondaries }: Merged) => ({
          status: 200,
          body: {
            primary: show(primary),
            merged_count: secondaries.length,
            merged_ids: secondaries.map(({ stored }) => toTagged(stored.id, 'idn')),
          },
        }),
      }),
  };
}

const BASE = '/api/v1/identities';
const writing = { guard: keyGuard('identities:write'), reads: 'json' } as const;

/** Routes of merges (contract verification 3.9). */
export function mergeRoutes(deps: Deps): Route[] {
  const m = mergeHandlers(deps);
  // biome-ignore format: a table, a route a row.
  return [
    defineRoute({ method: 'POST', path: `${BASE}/merge/preview`, operation: 'previewMerge', summary: 'Show what a merge would make', guard: keyGuard('identities:read'), reads: 'json', body: wire.MergeInput, reply: wire.Merged, errors: ['not_found', 'validation_error'], handler: m.previewMerge }),
    defineRoute({ method: 'POST', path: `${BASE}/merge`, operation: 'mergeIdentities', summary: 'Fold an identity into another, for good', ...writing, body: wire.MergeInput, reply: wire.Merged, errors: ['not_found', 'validation_error', 'idempotency_mismatch', 'conflict'], handler: m.mergeIdentities }),
    defineRoute({ method: 'POST', path: `${BASE}/merge-multiple`, operation: 'mergeMultiple', summary: 'Fold several identities into one, for good', ...writing, body: wire.MergeManyInput, reply: wire.MergedMany, errors: ['validation_error', 'idempotency_mismatch', 'conflict'], handler: m.mergeMultiple }),
  ];
}
