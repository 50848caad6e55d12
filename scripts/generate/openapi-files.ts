import { buildOpenApi } from '../../src/http/openapi.ts';
import { surfacesOf } from './surfaces.ts';

/** docs/openapi/<surface>.json: what the server serves, so that a change of an API is seen in review. */
export function openApiFiles(): Record<string, string> {
  const files = surfacesOf().map((surface) => [
    `docs/openapi/${surface.name}.json`,
    JSON.stringify(buildOpenApi(surface, { url: '/' }), null, 2),
  ]);
  return Object.fromEntries(files);
}
