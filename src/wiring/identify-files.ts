import { readSettingsDocument } from '../config/document.ts';
import { ConfigError } from '../config/error.ts';
import type { Config, Environment } from '../config/load.ts';
import { Unreadable } from '../config/parse.ts';
import { type FieldPath, type FieldProblem, InvalidInput } from '../core/errors.ts';
import type { ConfigureNeeds } from '../core/identify/configure.ts';
import {
  configureProjects,
  type ProjectsDocument,
  shapeProblemsOf,
} from '../core/identify/configure-projects.ts';

/** What the file is read with: `${NAME}` in it is what this environment has for NAME. */
type Source = Pick<Config, 'identify'> & { readonly environment: Environment };

/**
 * Configures the projects of the configured file; none without one. What it does not name stays.
 * @throws ConfigError Every fault of the file at once; nothing was written then.
 */
export async function putProjectsFile(deps: ConfigureNeeds, source: Source): Promise<void> {
  const { projectsFile } = source.identify;
  if (projectsFile === null) return;
  const document = await readProjects(projectsFile, source.environment);
  await configureProjects(deps, document).catch((error: unknown) => {
    throw error instanceof InvalidInput ? faultsOf(projectsFile, error.problems) : error;
  });
}

/** Tells faults of the file that need no database. @throws ConfigError */
export async function checkProjectsFile({ identify: { projectsFile }, environment }: Source): Promise<void> {
  if (projectsFile === null) return;
  const problems = shapeProblemsOf(await readProjects(projectsFile, environment));
  if (problems.length > 0) throw faultsOf(projectsFile, problems);
}

async function readProjects(file: string, environment: Environment): Promise<ProjectsDocument> {
  try {
    const { content, missing } = await readSettingsDocument(file, environment);
    return { document: content, problems: missing.map((one) => ({ ...one, code: 'required' })) };
  } catch (error) {
    throw error instanceof Unreadable ? new ConfigError([{ key: file, message: error.message }]) : error;
  }
}

function faultsOf(file: string, problems: readonly FieldProblem[]): ConfigError {
  return new ConfigError(problems.map(({ path, message }) => ({ key: placeOf(file, path), message })));
}

/** `/etc/projects.yaml projects[0].cors.origins` */
function placeOf(file: string, path: FieldPath): string {
  const steps = path.map((step, index) => {
    if (typeof step === 'number') return `[${step}]`;
    return index === 0 ? ` ${step}` : `.${step}`;
  });
  return `${file}${steps.join('')}`;
}
