import { type FieldPath, type FieldProblem, InvalidInput, NotFound } from '../errors.ts';
import type { PoolId } from '../ports.ts';
import { type ConfigureNeeds, checkIdentifySettings, configureIdentify } from './configure.ts';
import { readIdentifySettings } from './read-settings.ts';

type JsonObject = { readonly [name: string]: unknown };

/** Of any version: which of them pools have is for the store to say. */
const ANY_UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/** One project of a document. */
interface Entry {
  /** Null: none that can be read, or one that another entry has as well. */
  readonly poolId: PoolId | null;
  readonly settings: JsonObject;
  readonly path: FieldPath;
}

/** Projects as an operator wrote them down: `{ projects: [{ projectId, …settings }] }`. */
export interface ProjectsDocument {
  readonly document: unknown;
  /** What its reader found; what stands there is not judged as well. */
  readonly problems: readonly FieldProblem[];
}

/**
 * What is wrong with projects, as far as it can be told without looking at pools: `http` is taken for allowed, and
 * defaults are not looked up.
 */
export function shapeProblemsOf({ document, problems: found }: ProjectsDocument): readonly FieldProblem[] {
  const { entries, problems } = readEntries(document);
  return withoutEchoes(found, [...problems, ...entries.flatMap(shapeProblemsOfEntry)]);
}

/**
 * Configures each project as `configureIdentify` does, in order of their ids: each is a transaction of its own, and one
 * that is as it should be is not written. Several processes may do it at once.
 *
 * @throws InvalidInput Every problem of every project at once; a pool that there is not is one. Nothing was written then.
 * @see Contract identify 5.
 */
export async function configureProjects(
  deps: ConfigureNeeds,
  { document, problems: found }: ProjectsDocument,
): Promise<void> {
  const { entries, problems } = readEntries(document);
  const ofEntries: FieldProblem[] = [];
  for (const entry of entries) ofEntries.push(...(await problemsOfEntry(deps, entry)));
  const all = withoutEchoes(found, [...problems, ...ofEntries]);
  if (all.length > 0) throw new InvalidInput(all);
  const named = entries.flatMap(({ poolId, settings }) => (poolId === null ? [] : [{ poolId, settings }]));
  // The same order everywhere: processes that begin at once wait for each other, and do not lock each other out.
  for (const project of named.sort(byPool)) await configureIdentify(deps, project);
}

/** What a reader could not fill in is wrong once, not once more for what stands there instead. */
function withoutEchoes(
  found: readonly FieldProblem[],
  more: readonly FieldProblem[],
): readonly FieldProblem[] {
  const isEcho = ({ path, code }: FieldProblem) =>
    code === 'invalid' && found.some((one) => path.every((step, index) => one.path[index] === step));
  return [...found, ...more.filter((one) => !isEcho(one))];
}

function byPool(one: { readonly poolId: PoolId }, other: { readonly poolId: PoolId }): number {
  return one.poolId < other.poolId ? -1 : 1;
}

function readEntries(document: unknown): { entries: readonly Entry[]; problems: readonly FieldProblem[] } {
  const problems: FieldProblem[] = [];
  const refuse = (path: FieldPath, message: string, code: FieldProblem['code'] = 'invalid') => {
    problems.push({ path, code, message });
    return null;
  };
  if (!isObject(document)) {
    refuse([], 'must be an object with projects');
    return { entries: [], problems };
  }
  const { projects, ...others } = document;
  for (const name of Object.keys(others)) refuse([name], 'is no setting', 'unknown');
  if (!Array.isArray(projects)) {
    refuse(['projects'], 'must be a list of projects', projects === undefined ? 'required' : 'invalid');
    return { entries: [], problems };
  }
  const seen = new Set<string>();
  const readId = (path: FieldPath, value: unknown): PoolId | null => {
    if (value === undefined) return refuse(path, 'must be given', 'required');
    const id = typeof value === 'string' ? value.toLowerCase() : '';
    if (!ANY_UUID.test(id)) return refuse(path, 'must be a UUID');
    if (seen.has(id)) return refuse(path, 'must not be another project’s of this list');
    seen.add(id);
    return id as PoolId;
  };
  const entries = projects.flatMap((one: unknown, index): Entry[] => {
    const path = ['projects', index];
    if (!isObject(one)) {
      refuse(path, 'must be an object');
      return [];
    }
    const { projectId, ...settings } = one;
    return [{ poolId: readId([...path, 'projectId'], projectId), settings, path }];
  });
  return { entries, problems };
}

function shapeProblemsOfEntry({ settings, path }: Entry): readonly FieldProblem[] {
  try {
    readIdentifySettings(settings, { allowsHttp: true });
    return [];
  } catch (error) {
    return problemsIn(error, path);
  }
}

async function problemsOfEntry(deps: ConfigureNeeds, entry: Entry): Promise<readonly FieldProblem[]> {
  const { poolId, settings, path } = entry;
  if (poolId === null) return shapeProblemsOfEntry(entry);
  try {
    await checkIdentifySettings(deps, { poolId, settings });
    return [];
  } catch (error) {
    if (!(error instanceof NotFound)) return problemsIn(error, path);
    const noPool: FieldProblem = {
      ...{ path: [...path, 'projectId'], code: 'invalid', message: 'must be the id of a pool' },
    };
    return [noPool, ...shapeProblemsOfEntry(entry)];
  }
}

function problemsIn(error: unknown, path: FieldPath): readonly FieldProblem[] {
  if (!(error instanceof InvalidInput)) throw error;
  return error.problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
