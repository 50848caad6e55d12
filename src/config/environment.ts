import type { Environment } from './load.ts';

/** The process's own environment; outside this folder nothing reads it. */
export function processEnvironment(): Environment {
  return process.env;
}
