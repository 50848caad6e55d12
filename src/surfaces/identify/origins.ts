import type { Deps } from '../../core/deps.ts';
import { OriginNotAllowed } from '../../core/identify/errors.ts';
import type { Project } from '../../core/identify/project.ts';
import { type CrossOrigin, createOriginList } from '../../http/cross-origin.ts';
import type { RequestHeaders } from '../../http/requests.ts';

/** Which sites may call: any project's to ask for leave, and the one's that a request names to call. */
export interface Origins {
  readonly crossOrigin: CrossOrigin;
  /** Before it is known which project a request names. @throws OriginNotAllowed No project lists the site. */
  requireKnown(headers: RequestHeaders): Promise<void>;
  /** Lets the site see the reply, whatever it will be. @throws OriginNotAllowed This project does not list the site. */
  requireListed(project: Project, headers: RequestHeaders): void;
}

const REMEMBERED_MAX = 10_000;

/** Contract identify 5. */
export function createOrigins({ identifySettings }: Pick<Deps, 'identifySettings'>): Origins {
  // Headers of a request are one object from its arrival to its reply.
  const listed = new WeakSet<RequestHeaders>();
  const isKnown = (origin: string) => identifySettings.listsOrigin(candidatesOf(origin));
  // Who was known once is let through to where the project decides: a page's check costs no look into the database for it.
  const remembered = new Set<string>();
  return {
    crossOrigin: {
      credentials: true,
      headers: ['authorization', 'content-type'],
      // A preflight has no body that could say which project is meant.
      allows: (origin, { headers }) =>
        headers['access-control-request-method'] === undefined ? listed.has(headers) : isKnown(origin),
    },
    async requireKnown({ origin }) {
      if (typeof origin !== 'string' || remembered.has(origin)) return;
      if (!(await isKnown(origin))) throw new OriginNotAllowed();
      if (remembered.size >= REMEMBERED_MAX) remembered.clear();
      remembered.add(origin);
    },
    requireListed({ settings }, headers) {
      const { origin } = headers;
      // Apps and servers send none.
      if (typeof origin !== 'string') return;
      // It may have been let in by settings that were old.
      listed.delete(headers);
      if (!createOriginList(settings.corsOrigins)(origin)) throw new OriginNotAllowed();
      listed.add(headers);
    },
  };
}

/** The entries that would let an origin in: itself, and each domain above its host. */
function candidatesOf(origin: string): string[] {
  const [, scheme, host = ''] = /^(https?:\/\/)([^/]+)$/.exec(origin) ?? [];
  if (scheme === undefined) return [origin];
  const labels = host.split('.');
  const above = labels.slice(1).map((_, index) => `${scheme}*.${labels.slice(index + 1).join('.')}`);
  return [origin, ...above.slice(0, 20)];
}
