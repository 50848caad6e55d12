import { type FieldProblem, InvalidInput } from '../../core/errors.ts';
import type { IamFilter, IamWindow } from '../../core/iam/list-identities.ts';
import type { IdentityId } from '../../core/ports.ts';
import type { GuardedRequest } from '../../http/route.ts';
import { listOf } from './requests.ts';

const SIZE_DEFAULT = 250;
export const SIZE_MAX = 500;
export const IDS_MAX = 500;
/** Of rows that a numbered page may skip; who wants more takes page tokens. */
const SKIPPED_MAX = 1000;
const ANY_UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** Kratos begins with the one, Connhex with the other. */
const FIRST_PAGES: ReadonlySet<string> = new Set(['', '1', '00000000-0000-0000-0000-000000000000']);

type Query = Pick<GuardedRequest, 'query'>;

/** @throws InvalidInput */
export function readFilter(request: Query): IamFilter {
  const ids = [...new Set(listOf(request, 'ids').map((id) => id.toLowerCase()))];
  const text = (name: string) => listOf(request, name)[0] ?? '';
  const identifier = text('credentials_identifier');
  const prefix = text('preview_credentials_identifier_similar').trim();
  const organization = text('organization_id').toLowerCase();
  const given: IamFilter[] = [
    ...(ids.length > 0 ? [{ by: 'ids' as const, ids: ids as IdentityId[] }] : []),
    ...(identifier === '' ? [] : [{ by: 'identifier' as const, text: identifier }]),
    ...(prefix === '' ? [] : [{ by: 'prefix' as const, text: prefix }]),
    ...(organization === '' ? [] : [{ by: 'organization' as const, id: organization }]),
  ];
  if (given.length > 1) throw wrong(['query'], 'You cannot combine multiple filters in this API');
  if (listOf(request, 'ids').length > IDS_MAX) throw wrong(['ids'], `must be at most ${IDS_MAX}`);
  if (!ids.every((id) => ANY_UUID.test(id))) throw wrong(['ids'], 'must be UUIDs');
  if (organization !== '' && !ANY_UUID.test(organization)) throw wrong(['organization_id'], 'must be a UUID');
  return given[0] ?? { by: 'nothing' };
}

/**
 * By page token, except where `page` is given alone (contract iam 1.4). As many as were named by their ids come at once.
 * @throws InvalidInput
 */
export function readWindow(request: Query, { by }: Pick<IamFilter, 'by'>): IamWindow {
  const has = (name: string) => request.query[name] !== undefined;
  const text = (name: string) => listOf(request, name)[0] ?? '';
  const usual = by === 'ids' ? IDS_MAX : SIZE_DEFAULT;
  if (has('page') && !has('page_size') && !has('page_token')) {
    const page = Math.max(0, wholeOf(text('page')) ?? 0);
    const size = sizeOf(wholeOf(text('per_page')) ?? 0, usual);
    if (page * size > SKIPPED_MAX)
      throw wrong(['page'], `must not skip more than ${SKIPPED_MAX} identities; use page_token`);
    return { kind: 'offset', page, size };
  }
  const name = has('page_size') ? 'page_size' : 'per_page';
  const wanted = text(name) === '' ? 0 : wholeOf(text(name));
  if (wanted === null) throw wrong([name], 'must be a whole number');
  const token = text('page_token');
  return {
    kind: 'keyset',
    pageToken: FIRST_PAGES.has(token) ? null : token,
    size: sizeOf(wanted, usual),
  };
}

function sizeOf(wanted: number, usual: number): number {
  return wanted <= 0 ? usual : Math.min(wanted, SIZE_MAX);
}

function wholeOf(text: string): number | null {
  return /^[+-]?\d{1,15}$/.test(text) ? Number(text) : null;
}

function wrong(path: FieldProblem['path'], message: string): InvalidInput {
  return new InvalidInput([{ path, code: 'invalid', message }]);
}
