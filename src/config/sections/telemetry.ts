import { optional } from '../field.ts';
import { url } from '../kinds.ts';
import { section } from '../section.ts';

export const telemetry = section({
  name: 'telemetry',
  title: 'Telemetry',
  prose: 'OpenTelemetry traces. Nothing is sent anywhere unless an endpoint is set.',
  fields: {
    otlpEndpoint: optional({
      kind: url(['https:', 'http:'], ({ username, password }) =>
        username || password ? 'must carry no user and password' : null,
      ),
      prose: 'OTLP over HTTP, for example `http://127.0.0.1:4318`.',
    }),
  },
});
