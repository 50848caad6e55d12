import { execFile } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EngineError } from './errors.ts';

const execute = promisify(execFile);

/** Fixed, so that nothing in our environment chooses what runs as root. */
const PROGRAM_DIRECTORIES = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/run/current-system/sw/bin'];

/** Whom PostgreSQL's programs run as. `switched` is false when that is who we are already. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly switched: boolean;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

/** PostgreSQL refuses root. @param owner The uid and gid of a cluster that exists, kept if it is not root's. */
export function accountFor(owner: { uid: number; gid: number } | null): Account {
  const uid = process.getuid?.() ?? 0;
  if (uid !== 0) return { uid, gid: process.getgid?.() ?? 0, switched: false };
  if (owner !== null && owner.uid !== 0) return { ...owner, switched: true };
  return { ...nobody(), switched: true };
}

function nobody(): { uid: number; gid: number } {
  const line = /^nobody:[^:]*:(\d+):(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'));
  if (line === null) {
    throw new EngineError(
      'PostgreSQL does not run as root, and there is no user "nobody" to run it as. ' +
        'Start Selfsame as an ordinary user, or set DATABASE_URL.',
    );
  }
  return { uid: Number(line[1]), gid: Number(line[2]) };
}

/**
 * The command as that account. `dies` makes the kernel interrupt it when our process dies, however it dies: the
 * flag is cleared by a change of user, so setpriv sets it after that and executes the program in its own place.
 */
export function runAs(account: Account, command: Command, options: { dies: boolean }): Command {
  const setpriv = process.platform === 'linux' ? findProgram('setpriv') : null;
  const flags: string[] = [];
  if (account.switched) {
    if (setpriv === null) {
      throw new EngineError(
        'Selfsame runs as root, and PostgreSQL needs the program setpriv (package util-linux) to run as another ' +
          'user. Install it, start Selfsame as an ordinary user, or set DATABASE_URL.',
      );
    }
    flags.push(`--reuid=${account.uid}`, `--regid=${account.gid}`, '--clear-groups');
  }
  if (options.dies) flags.push('--pdeathsig', 'INT');
  if (setpriv === null || flags.length === 0) return command;
  return { program: setpriv, args: [...flags, '--', command.program, ...command.args] };
}

/** Runs to the end and returns what it wrote to standard output. @throws EngineError with its last words. */
export async function runToEnd(
  account: Account,
  command: Command,
  options: { input?: string; timeoutSeconds?: number } = {},
): Promise<string> {
  const { program, args } = runAs(account, command, { dies: true });
  const running = execute(program, [...args], {
    cwd: '/',
    env: engineEnvironment(),
    timeout: (options.timeoutSeconds ?? 120) * 1000,
  });
  running.child.stdin?.on('error', () => {});
  running.child.stdin?.end(options.input ?? '');
  try {
    return (await running).stdout;
  } catch (error) {
    const words = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    throw new EngineError(`${command.program} failed: ${words === '' ? String(error) : words}`);
  }
}

/** Whether the account gets into the directory, asked of the kernel and not worked out from modes. */
export async function canEnter(account: Account, directory: string): Promise<boolean> {
  if (!account.switched) return true;
  const command = { program: '/bin/sh', args: ['-c', 'cd "$1"', 'sh', directory] };
  return runToEnd(account, command).then(
    () => true,
    () => false,
  );
}

/** Nothing of ours is handed on: the environment holds secrets, and PG* variables would change programs' ways. */
export function engineEnvironment(): NodeJS.ProcessEnv {
  return { PATH: PROGRAM_DIRECTORIES.join(':'), LC_ALL: 'C', TZ: 'UTC' };
}

function findProgram(name: string): string | null {
  for (const directory of PROGRAM_DIRECTORIES) {
    try {
      accessSync(join(directory, name), constants.X_OK);
      return join(directory, name);
    } catch {
      // Not there; the next one.
    }
  }
  return null;
}
