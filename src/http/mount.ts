import type { Route } from './route.ts';

/**
 * One table of routes under several prefixes: the first is the canonical one, which logs, metrics and the reference
 * name; at the others the same operations answer.
 *
 * @param routes With paths below the prefixes, `/identities/:id`.
 * @param prefixes Without a slash at the end; `''` is the root.
 */
export function mount<Row extends Route>(
  routes: readonly Row[],
  prefixes: readonly [canonical: string, ...others: string[]],
): Row[] {
  const [canonical, ...others] = prefixes;
  return routes.map((route) => {
    const own = [route.path, ...(route.aliases ?? [])];
    const aliases = [canonical, ...others].flatMap((prefix) => own.map((path) => prefix + path)).slice(1);
    return { ...route, path: canonical + route.path, aliases };
  });
}

/** Every path at which a route answers, the canonical one first; without the prefix of a pool. */
export function pathsOf({ path, aliases = [] }: Route): readonly string[] {
  return [path, ...aliases];
}
