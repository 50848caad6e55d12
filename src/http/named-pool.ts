import { InternalFault, NotFound } from '../core/errors.ts';
import type { PoolId } from '../core/ports.ts';
import type { PoolNamer } from './ports.ts';

/** The pool that a request without a key belongs to, and where it is reached from outside. */
export interface NamedPool {
  readonly poolId: PoolId;
  readonly publicBase: string;
}

/** A request says its pool by these alone; X-Forwarded-Host is never looked at. */
export interface PoolName {
  /** What stood after `/p/`, percent-decoded; undefined without the prefix. */
  readonly appId: string | undefined;
  /** The Host header. */
  readonly host: string | undefined;
}

export type FindPool = (name: PoolName) => Promise<NamedPool>;

const HOST = /^((?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/;
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Which pool a request says.
 * @returns Null as `createFindPool` throws. `ownHost`: the host name, where it is configured for the pool.
 */
export async function namePool(
  pools: PoolNamer,
  { appId, host }: PoolName,
): Promise<{ readonly poolId: PoolId; readonly ownHost: string | undefined } | null> {
  const name = sentHost(host)?.[1];
  const byHost = name === undefined ? null : await pools.byHost(name);
  const poolId = appId === undefined ? (byHost ?? (await pools.defaultPool())) : await pools.byId(appId);
  if (poolId === null || (byHost !== null && byHost !== poolId)) return null;
  return { poolId, ownHost: byHost === null ? undefined : name };
}

function sentHost(host: string | undefined): RegExpExecArray | null {
  return HOST.exec(host?.toLowerCase() ?? '');
}

/**
 * @param options.publicUrl Where clients reach the server; undefined: where it listens.
 * @param options.listening Undefined before the server listens.
 * @returns Finds the pool by prefix, else by host name, else the default one. Throws NotFound where there is none, and
 *   where prefix and host name are two different pools: one pool's pages must not stand under another one's name.
 * @throws TypeError `publicUrl` is no absolute URL.
 */
export function createFindPool(options: {
  readonly pools: PoolNamer;
  readonly publicUrl: string | undefined;
  readonly listening: () => { readonly host: string; readonly port: number } | undefined;
}): FindPool {
  const { pools, listening } = options;
  const configured = options.publicUrl === undefined ? undefined : new URL(options.publicUrl);

  return async ({ appId, host }) => {
    const named = await namePool(pools, { appId, host });
    if (named === null) throw new NotFound();
    const base = baseOf(named.ownHost, sentHost(host));
    const publicBase = appId === undefined ? base : `${base}/p/${encodeURIComponent(appId)}`;
    return { poolId: named.poolId, publicBase };
  };

  /** @param named A host name that is configured for a pool, so that it is no stranger's. */
  function baseOf(named: string | undefined, sent: RegExpExecArray | null): string {
    const url = new URL(configured ?? listeningUrl(sent));
    if (named !== undefined) url.hostname = named;
    return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  }

  function listeningUrl(sent: RegExpExecArray | null): string {
    const at = listening();
    if (at === undefined) throw new InternalFault('a public base before the server listens');
    const host = at.host.includes(':') ? `[${at.host}]` : at.host;
    // Loopback has three names, and a browser keeps the cookies of each apart: the one in use stays in use.
    const [, name = '', port = '80'] = sent ?? [];
    const isLoopback = LOOPBACK.has(host) && LOOPBACK.has(name) && Number(port) === at.port;
    return `http://${isLoopback ? name : host}:${at.port}`;
  }
}
