import type { Flow } from '../../../core/self-service/flow.ts';
import type { Ui } from '../../../core/self-service/ui/ui.ts';
import type { Places } from '../flows/present-flow.ts';

/**
 * Where a flow's form may lead a browser by redirects: where it was to return to, the pages that show flows, and, where
 * one signs in at another site, any site, since which one that is may be found out only then.
 *
 * @returns Sources of a Content-Security-Policy, without the pages' own site.
 */
export function formSourcesOf(
  { ui, base }: Places,
  { content }: Flow,
  { nodes }: Pick<Ui, 'nodes'>,
): string[] {
  const own = sourceOf(base);
  const targets = [ui, ...(content.returnTo === null ? [] : [content.returnTo])].map(sourceOf);
  const leavesUs = nodes.some(({ group }) => group === 'oidc' || group === 'saml');
  return [
    ...targets.filter((source) => source !== own),
    ...(leavesUs ? ['https:'] : []),
    // Only where we are not on TLS ourselves, that is, for trying things out.
    ...(leavesUs && own.startsWith('http:') ? ['http:'] : []),
  ];
}

/** Of an app's own scheme, that scheme. */
function sourceOf(address: string): string {
  const { origin, protocol } = new URL(address);
  return origin === 'null' ? protocol : origin;
}
