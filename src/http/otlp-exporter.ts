import type { FinishedSpan, SpanExporter } from './tracing.ts';

export interface OtlpOptions {
  /** Base address of the collector, `http://127.0.0.1:4318`; `/v1/traces` is added (OTEL_EXPORTER_OTLP_ENDPOINT). */
  readonly endpoint: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly serviceName: string;
  readonly serviceVersion: string;
  /** Spans that one request to the collector carries at most; default 512. */
  readonly batchMax?: number;
  /** Default 5000. */
  readonly intervalMs?: number;
  /** Called when a batch was lost; the argument is a status or an error's name. */
  readonly onLoss?: (spans: number, reason: string) => void;
}

const QUEUE_MAX = 8192;
const TIMEOUT_MS = 10_000;

/**
 * Spans by OTLP/HTTP in JSON, in batches. Written here because the official exporter brings protobufjs, whose
 * install script we do not run, for a format of thirty lines. Spans are worth less than requests: what does not
 * fit the queue, and a batch that the collector refuses, is dropped and reported to `onLoss`, never retried.
 *
 * @see OTLP 1.x, "OTLP/HTTP", "JSON Protobuf Encoding": ids are hexadecimal, 64-bit numbers are text.
 */
export function createOtlpExporter(options: OtlpOptions): SpanExporter {
  const { batchMax = 512, intervalMs = 5000, onLoss = () => {} } = options;
  const url = `${options.endpoint.replace(/\/+$/, '')}/v1/traces`;
  const resource = {
    attributes: attributesOf({
      'service.name': options.serviceName,
      'service.version': options.serviceVersion,
    }),
  };
  let queue: FinishedSpan[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> = Promise.resolve();

  const send = async (batch: readonly FinishedSpan[]): Promise<void> => {
    const body = {
      resourceSpans: [
        { resource, scopeSpans: [{ scope: { name: options.serviceName }, spans: batch.map(toOtlp) }] },
      ],
    };
    try {
      const reply = await fetch(url, {
        method: 'POST',
        headers: { ...options.headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: 'error',
      });
      // The reply says nothing that we would act on; unread, it would hold the connection.
      await reply.body?.cancel();
      if (!reply.ok) onLoss(batch.length, `${reply.status}`);
    } catch (error) {
      onLoss(batch.length, error instanceof Error ? error.name : 'unknown');
    }
  };

  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    while (queue.length > 0) {
      const batch = queue.slice(0, batchMax);
      queue = queue.slice(batchMax);
      sending = sending.then(() => send(batch));
    }
    return sending;
  };

  let waiting = 0;
  return {
    add(span) {
      if (queue.length + waiting >= QUEUE_MAX) return onLoss(1, 'queue full');
      queue.push(span);
      if (queue.length >= batchMax) {
        waiting += queue.length;
        const size = queue.length;
        void flush().then(() => {
          waiting -= size;
        });
      } else timer ??= setTimeout(flush, intervalMs).unref();
    },
    flush,
  };
}

function toOtlp(span: FinishedSpan) {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    // SPAN_KIND_SERVER and STATUS_CODE_ERROR.
    kind: 2,
    startTimeUnixNano: span.startTimeUnixNano,
    endTimeUnixNano: span.endTimeUnixNano,
    attributes: attributesOf(span.attributes),
    status: span.isError ? { code: 2 } : {},
  };
}

function attributesOf(attributes: Readonly<Record<string, string | number>>) {
  return Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: `${value}` },
  }));
}
