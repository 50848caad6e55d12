import { type Arguments, UsageError } from './command.ts';
import { readLine, readPoolId } from './key-arguments.ts';

export const POOL_OPTION = { value: 'ID', prose: 'The pool: a UUID, or 32 characters. Needed.' } as const;
/** Of names and addresses that an operator types. */
export const TEXT_LENGTH_MAX = 2048;

/** @throws UsageError */
export function poolOf(args: Arguments, command: string) {
  const pool = args.option('pool');
  if (pool === null) throw new UsageError(`${command} needs --pool.`);
  return readPoolId(pool);
}

/** @throws UsageError */
export function providerOf(args: Arguments, command: string): string {
  const provider = args.option('provider');
  if (provider === null) throw new UsageError(`${command} needs --provider.`);
  return readLine('--provider', provider, TEXT_LENGTH_MAX);
}
