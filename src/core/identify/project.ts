import type { Deps } from '../deps.ts';
import { InternalFault, NotFound } from '../errors.ts';
import type { PoolConfig } from '../pools/ports.ts';
import type { ActingContext, PoolId, PoolVault } from '../ports.ts';
import type { LoginOrigin } from '../sessions/device.ts';
import type { PoolIdentifyConfig } from './config.ts';
import { type ConfigureNeeds, ensureSignatureSecret } from './configure.ts';
import { ProjectNotFound } from './errors.ts';
import { openSecrets, type ProjectSecrets } from './secrets.ts';

/** A pool as this surface sees it, with its secrets opened. */
export interface Project {
  readonly poolId: PoolId;
  readonly config: PoolConfig;
  readonly settings: PoolIdentifyConfig;
  readonly vault: PoolVault;
  readonly secrets: ProjectSecrets;
  /** What signs. */
  readonly secret: string;
}

/** What use cases know of a request. */
export interface Caller {
  readonly context: ActingContext;
  readonly origin: LoginOrigin;
  /** Network address: what is counted when it fails. */
  readonly address: string;
  /** As `preferredLanguages` gives them. */
  readonly languages: readonly string[];
}

/**
 * @param isCurrent False: what is in memory will do, since a row that is read afterwards tells whether it is old.
 * @throws ProjectNotFound
 */
export async function getProject(
  deps: ConfigureNeeds,
  poolId: PoolId,
  { isCurrent }: { readonly isCurrent: boolean },
): Promise<Project> {
  try {
    const config = await (isCurrent ? deps.configs.current(poolId) : deps.configs.any(poolId));
    return (await projectOf(deps, config)) ?? (await withSecret(deps, poolId));
  } catch (error) {
    if (error instanceof NotFound) throw new ProjectNotFound();
    throw error;
  }
}

/** A row that was read says that the project was changed since it was looked at: what was decided by it is decided again. */
export class ProjectMoved extends Error {
  constructor() {
    super('the project was changed meanwhile');
  }
}

async function withSecret(deps: ConfigureNeeds, poolId: PoolId): Promise<Project> {
  await ensureSignatureSecret(deps, poolId);
  const project = await projectOf(deps, await deps.configs.current(poolId));
  if (project === null) throw new InternalFault('a signature secret was made and is not there');
  return project;
}

/** Null: it has nothing to sign with yet. */
async function projectOf({ vault }: Pick<Deps, 'vault'>, config: PoolConfig): Promise<Project | null> {
  const { poolId, identify: settings, isOpen } = config;
  if (!isOpen) throw new ProjectNotFound();
  const keys = vault.held(poolId, config.version) ?? (await vault.pool(poolId, config.version));
  const secrets = openSecrets(keys, settings.sealedSecrets);
  if (secrets.signature === null) return null;
  return { poolId, config, settings, vault: keys, secrets, secret: secrets.signature.secret };
}
