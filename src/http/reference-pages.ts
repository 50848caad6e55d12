import { type Html, html, prose } from './html.ts';
import { buildOpenApi, type OpenApiDocument, type Operation } from './openapi.ts';
import type { Page } from './pages.ts';
import { REFERENCE_STYLE } from './reference-style.ts';
import { JSON_TYPE, type ReplyText } from './reply.ts';
import type { Surface } from './surface.ts';

/** Nothing may run, and nothing may be fetched but our own style sheet: the page works without a network. */
const POLICY =
  "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * `/openapi/<surface>.json`, `/docs`, `/docs/<surface>` and their style sheet. Rendered once, on first demand:
 * they depend on nothing but the routes.
 */
export function referencePages(surfaces: readonly Surface[], options: { url: string }): Page[] {
  return [
    page('/docs', 'text/html; charset=utf-8', () => renderIndex(surfaces).text),
    page('/docs/style.css', 'text/css; charset=utf-8', () => REFERENCE_STYLE),
    ...surfaces.flatMap((surface) => [
      page(`/openapi/${surface.name}.json`, JSON_TYPE, () => JSON.stringify(buildOpenApi(surface, options))),
      page(
        `/docs/${surface.name}`,
        'text/html; charset=utf-8',
        () => renderSurface(surface, buildOpenApi(surface, options)).text,
      ),
    ]),
  ];
}

function page(path: string, contentType: string, render: () => string): Page {
  let reply: ReplyText | undefined;
  const headers = {
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
  };
  return {
    path,
    async answer() {
      reply ??= { status: 200, contentType, body: render(), headers };
      return reply;
    },
  };
}

function renderIndex(surfaces: readonly Surface[]): Html {
  const items = surfaces.map(
    ({ name, title, version, routes }) =>
      html`<li><a href="/docs/${name}">${title}</a> (${version}, ${routes.length} operations,
        <a href="/openapi/${name}.json">OpenAPI of ${title}</a>)</li>`,
  );
  return frame('API reference', html`<h1>API reference</h1><ul>${items}</ul>`);
}

function renderSurface(surface: Surface, document: OpenApiDocument): Html {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const links = operations.map(
    ({ method, path, operation }) =>
      html`<li><a href="#${operation.operationId}"><code>${method} ${path}</code></a> ${operation.summary}</li>`,
  );
  return frame(
    surface.title,
    html`<p><a href="/docs">All surfaces</a></p>
<h1>${surface.title} <small>${surface.version}</small></h1>
<p>${prose(surface.description ?? '')}</p>
<p>Machine-readable: <a href="/openapi/${surface.name}.json">OpenAPI 3.1</a></p>
<nav aria-label="Operations"><ul>${links}</ul></nav>
${operations.map((entry) => renderOperation(surface, document, entry))}
<section aria-labelledby="errors"><h2 id="errors">Errors</h2>
<p>Every error has this body.</p>${schemaBlock('Error body', document.components.schemas)}</section>`,
  );
}

function renderOperation(
  surface: Surface,
  document: OpenApiDocument,
  { method, path, operation }: { method: string; path: string; operation: Operation },
): Html {
  const { operationId: id, parameters, requestBody, responses } = operation;
  const rows = parameters.map(
    (one) =>
      html`<tr><th scope="row"><code>${one.name}</code></th><td>${one.in}</td><td>${one.required ? 'yes' : 'no'}</td>
<td><code>${JSON.stringify(one.schema)}</code></td><td>${prose(one.description ?? '')}</td></tr>`,
  );
  const answers = Object.entries(responses).map(
    ([status, { description }]) =>
      html`<tr><th scope="row">${status}</th><td>${prose(description)}</td></tr>`,
  );
  const success = Object.values(responses).find(({ content }) => content?.['application/json'] !== undefined);
  return html`<section aria-labelledby="${id}"><h2 id="${id}"><code>${method} ${path}</code></h2>
<p>${operation.summary}. <span class="guard">${prose(operation.description ?? '')}</span></p>
${
  rows.length === 0
    ? ''
    : html`<table><caption>Parameters</caption><thead><tr><th scope="col">Name</th><th scope="col">In</th>
<th scope="col">Required</th><th scope="col">Schema</th><th scope="col">Meaning</th></tr></thead><tbody>${rows}</tbody></table>`
}
${requestBody === undefined ? '' : schemaBlock('Request body', requestBody.content['application/json']?.schema)}
${schemaBlock('Reply', success?.content?.['application/json']?.schema)}
<table><caption>Answers</caption><thead><tr><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead>
<tbody>${answers}</tbody></table>
<h3>Example</h3><pre tabindex="0"><code>${curl(surface, document, method, path, operation)}</code></pre></section>`;
}

function schemaBlock(title: string, schema: unknown): Html | string {
  if (schema === undefined) return '';
  return html`<details><summary>${title}</summary><pre tabindex="0"><code>${JSON.stringify(schema, null, 2)}</code></pre></details>`;
}

function curl(
  surface: Surface,
  { servers }: OpenApiDocument,
  method: string,
  path: string,
  operation: Operation,
): string {
  const base = (servers[0]?.url ?? '/').replace(/\/$/, '') || 'http://127.0.0.1:4400';
  const key =
    surface.keyHeader === 'authorization' ? 'Authorization: Bearer $KEY' : `${surface.keyHeader}: $KEY`;
  const lines = [`curl -X ${method} '${base}${path}'`];
  if (operation.security.length > 0) lines.push(`  -H "${key}"`);
  if (operation.requestBody !== undefined) lines.push("  -H 'Content-Type: application/json'", "  -d '{…}'");
  return lines.join(' \\\n');
}

function frame(title: string, main: Html): Html {
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - Selfsame</title><link rel="stylesheet" href="/docs/style.css"></head>
<body><a class="skip" href="#main">Skip to content</a><main id="main">${main}</main></body></html>`;
}
