import { blobs } from './sections/blobs.ts';
import { courier } from './sections/courier.ts';
import { data } from './sections/data.ts';
import { database } from './sections/database.ts';
import { geo } from './sections/geo.ts';
import { iam } from './sections/iam.ts';
import { identify } from './sections/identify.ts';
import { log } from './sections/log.ts';
import { outgoing } from './sections/outgoing.ts';
import { pools } from './sections/pools.ts';
import { rootKey } from './sections/root-key.ts';
import { selfService } from './sections/self-service.ts';
import { server } from './sections/server.ts';
import { telemetry } from './sections/telemetry.ts';

/** Every section, in the order of docs/config.md. */
export const SECTIONS = {
  data,
  blobs,
  server,
  database,
  rootKey,
  log,
  telemetry,
  geo,
  pools,
  iam,
  identify,
  selfService,
  outgoing,
  courier,
};

type Finished<S> = S extends { finish(values: never): infer T } ? T : never;
export type SectionValues = { readonly [K in keyof typeof SECTIONS]: Finished<(typeof SECTIONS)[K]> };
