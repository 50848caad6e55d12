import type { Deps } from '../../core/deps.ts';
import { type IamFilter, listIamIdentities } from '../../core/iam/list-identities.ts';
import { type GuardedRequest, replyWith } from '../../http/route.ts';
import { linksTo, numberedPages, tokenPages } from './page-links.ts';
import { readFilter, readWindow } from './read-list.ts';
import { includedIn, listOf } from './requests.ts';
import { NONE_INCLUDED, shownFrom } from './show.ts';

/** Lists of identities (contract iam 1.4, 4.1). */
export function identityListHandlers(deps: Deps) {
  return {
    async listIdentities(request: GuardedRequest) {
      const filter = readFilter(request);
      const window = readWindow(request, filter);
      const included = expandedIn(request, filter);
      const { principal } = request;
      const { items, nextPageToken, total } = await listIamIdentities(deps, principal, { filter, window });
      const base = await deps.addresses.baseOf(principal.poolId);
      const pages =
        window.kind === 'keyset'
          ? tokenPages(window.size, nextPageToken)
          : numberedPages(window, total ?? items.length);
      // 500 ids in an address are more than many clients take in a header, and there is no other page to go to.
      const isWhole = filter.by === 'ids' && Object.keys(pages).length === 1;
      return replyWith(
        items.map((record) => shownFrom(base, record, { included })),
        {
          headers: {
            ...(isWhole ? {} : { link: linksTo(deps.addresses.origin(), request, pages) }),
            ...(total === null ? {} : { 'x-total-count': String(total) }),
          },
        },
      );
    },
  };
}

/** Credentials are shown to whom asks for them, or looks for an identity by one (contract iam 2). */
function expandedIn(request: GuardedRequest, { by }: IamFilter) {
  const included = includedIn(request);
  if (listOf(request, 'include_credential').length > 0) return included;
  return by === 'identifier' || by === 'prefix' ? NONE_INCLUDED : null;
}
