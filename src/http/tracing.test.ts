import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createOtlpExporter } from './otlp-exporter.ts';
import { startFakeServer } from './testing/fake-surface.ts';
import { createTracer } from './tracing.ts';

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: { key: string; value: object }[];
}
type Batch = { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] };

/** A loopback collector that keeps what it is sent. */
async function startCollector(status = 200) {
  const batches: Batch[] = [];
  const paths: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    paths.push(`${request.method} ${request.url}`);
    batches.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(status).end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const spans = () => batches.flatMap((batch) => batch.resourceSpans[0]?.scopeSpans[0]?.spans ?? []);
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { endpoint, paths, batches, spans, [Symbol.dispose]: close };
}

const service = { serviceName: 'selfsame', serviceVersion: '0' };

test('a request is a span named by its template, under the trace of its caller', async () => {
  using collector = await startCollector();
  const tracer = createTracer(createOtlpExporter({ ...service, endpoint: collector.endpoint }));
  {
    await using fake = await startFakeServer({ tracer });
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const headers = { apikey: 'good', traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
    await fetch(`${fake.url}/fake/things/PERSONAL`, { headers });
    await fetch(`${fake.url}/fake/things/PERSONAL`, {
      headers: { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` },
    });
    await fetch(`${fake.url}/fake/things/PERSONAL`, {
      headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-00` },
    });
    assert.equal(fake.logged()[0]?.traceId, traceId);
  }
  // Draining flushed.
  assert.deepEqual(collector.paths, ['POST /v1/traces']);
  const [own, fresh, ...unsampled] = collector.spans();
  assert.equal(unsampled.length, 0);
  assert.equal(own?.name, 'GET /fake/things/:id');
  assert.equal(own?.parentSpanId, '00f067aa0ba902b7');
  assert.match(own?.spanId ?? '', /^[0-9a-f]{16}$/);
  assert.ok(BigInt(own?.endTimeUnixNano ?? 0) >= BigInt(own?.startTimeUnixNano ?? 1));
  assert.ok(Math.abs(Number(BigInt(own?.startTimeUnixNano ?? 0) / 1_000_000n) - Date.now()) < 60_000);
  assert.deepEqual(own?.attributes.find(({ key }) => key === 'http.response.status_code')?.value, {
    intValue: '200',
  });
  assert.equal(fresh?.parentSpanId, undefined);
  assert.doesNotMatch(JSON.stringify(collector.batches), /PERSONAL/);
});

test('spans go in batches; what a collector refuses is reported and dropped', async () => {
  using collector = await startCollector(500);
  const lost: [number, string][] = [];
  const exporter = createOtlpExporter({
    ...service,
    endpoint: collector.endpoint,
    batchMax: 4,
    onLoss: (spans, reason) => lost.push([spans, reason]),
  });
  const tracer = createTracer(exporter);
  for (let span = 0; span < 10; span += 1)
    tracer.startSpan('GET /x', undefined).end({ status: 200, attributes: {} });
  await tracer.flush();
  assert.deepEqual(lost, [
    [4, '500'],
    [4, '500'],
    [2, '500'],
  ]);
});

test('a collector that is not there costs spans and nothing else', async () => {
  const lost: number[] = [];
  using collector = await startCollector();
  const { endpoint } = collector;
  collector[Symbol.dispose]();
  const tracer = createTracer(
    createOtlpExporter({ ...service, endpoint, onLoss: (spans) => lost.push(spans) }),
  );
  tracer.startSpan('GET /x', 'junk').end({ status: 500, attributes: {} });
  await tracer.flush();
  assert.deepEqual(lost, [1]);
});
