import assert from 'node:assert/strict';
import type { IamApi, Shown } from './iam.ts';
import type { CallOptions } from './server.ts';

export const IDENTITIES = '/admin/identities';

/** A page of identities, and where its `Link` header leads. */
export interface Listed {
  readonly ids: string[];
  readonly items: Shown[];
  readonly links: Readonly<Record<string, string>>;
  readonly total: string | null;
}

export interface Lists {
  /** @param query Or a whole path. Must succeed. */
  list(query?: string, options?: CallOptions): Promise<Listed>;
  /** Ids of every page, by following `next` to the end. */
  walk(query: string): Promise<string[][]>;
}

export function listsOf(api: () => IamApi): Lists {
  const list: Lists['list'] = async (query = '', given) => {
    const reply = await api().get(
      query.startsWith('/') ? query : `${IDENTITIES}${query === '' ? '' : `?${query}`}`,
      given,
    );
    assert.equal(reply.status, 200, reply.text);
    const links = [...(reply.headers.get('link') ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g)];
    return {
      ids: reply.body.map(({ id }: Shown) => id),
      items: reply.body,
      links: Object.fromEntries(links.map(([, url = '', relation = '']) => [relation, url])),
      total: reply.headers.get('x-total-count'),
    };
  };
  return {
    list,
    async walk(query) {
      const pages: string[][] = [];
      let place: string | undefined = query;
      while (place !== undefined) {
        const { ids, links } = await list(place);
        pages.push(ids);
        place = links.next?.slice(api().server.url.length);
      }
      return pages;
    },
  };
}
