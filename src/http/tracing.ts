import { randomBytes } from 'node:crypto';

/** A finished span, in OTLP's terms. */
export interface FinishedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  /** Nanoseconds since 1970, as decimal text: they do not fit a JSON number. */
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly isError: boolean;
}

export interface Span {
  /** 32 hexadecimal digits; goes to the log so that the two can be joined. */
  readonly traceId: string;
  end(outcome: { status: number; attributes: Readonly<Record<string, string | number>> }): void;
}

export interface Tracer {
  /**
   * @param name `METHOD template`; never a raw URL.
   * @param traceparent W3C Trace Context header. A malformed one starts a new trace (section 3.2.2.3).
   */
  startSpan(name: string, traceparent: string | undefined): Span;
  /** Hands over what is waiting, within the exporter's time limit. Never rejects. */
  flush(): Promise<void>;
}

export interface SpanExporter {
  /** Never throws and never waits. */
  add(span: FinishedSpan): void;
  flush(): Promise<void>;
}

const TRACEPARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?$/;

/** Spans per request. A caller that did not sample its trace (flag 01 unset) is not recorded here either. */
export function createTracer(exporter: SpanExporter): Tracer {
  return {
    startSpan(name, traceparent) {
      const parent = TRACEPARENT.exec(traceparent ?? '');
      const traceId = parent?.[1] ?? randomBytes(16).toString('hex');
      const isSampled = parent === null || (Number.parseInt(parent[3] ?? '0', 16) & 1) === 1;
      const spanId = randomBytes(8).toString('hex');
      const startTimeUnixNano = nowNanoseconds();
      return {
        traceId,
        end({ status, attributes }) {
          if (!isSampled) return;
          exporter.add({
            traceId,
            spanId,
            parentSpanId: parent?.[2],
            name,
            startTimeUnixNano,
            endTimeUnixNano: nowNanoseconds(),
            attributes: { ...attributes, 'http.response.status_code': status },
            // Semantic conventions: only 5xx is an error of a server span.
            isError: status >= 500,
          });
        },
      };
    },
    flush: () => exporter.flush(),
  };
}

function nowNanoseconds(): string {
  const ms = performance.timeOrigin + performance.now();
  return `${Math.floor(ms)}${Math.floor((ms % 1) * 1e6)
    .toString()
    .padStart(6, '0')}`;
}
