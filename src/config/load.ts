import { join, resolve } from 'node:path';
import { ConfigError } from './error.ts';
import { type Fields, isField, type Mode, type Origin, Refusal } from './field.ts';
import { readSettingsFile, type SettingsFile } from './file.ts';
import { deepFreeze } from './freeze.ts';
import { FILE_VARIABLE, KEY_VARIABLE, listSettings, SETTINGS, type Setting } from './names.ts';
import { findNearest } from './nearest.ts';
import type { Fault, Section } from './section.ts';
import { SECTIONS, type SectionValues } from './sections.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every setting, with the choices made that depend on the mode. Frozen through and through. */
export interface Config extends Omit<SectionValues, 'rootKey'> {
  readonly mode: Mode;
  readonly rootKey: SectionValues['rootKey'] & {
    /** Whether a missing key file is made: only the quickstart's own. */
    readonly createIfMissing: boolean;
  };
}

/** The key file that `start` makes; `serve` refuses it, because it lies beside the data that it opens. */
export function quickstartKeyFile(dataDir: string): string {
  return join(dataDir, 'root.key');
}

/**
 * Defaults, then the settings file, then the environment. An environment variable that is set but empty counts as
 * not set, as compose files write it.
 *
 * @param input.file Settings file; without it the one that `SELFSAME_CONFIG` names, or none.
 * @param input.mode `start`: quickstart, loopback only. `serve`: production, nothing dangerous left at a default.
 *   `manage`: a command on an installation, which takes quickstart's defaults but makes nothing and listens nowhere.
 * @throws ConfigError Every fault at once, each with its key.
 */
export function loadConfig(input: { file?: string; environment: Environment; mode: Mode }): {
  config: Config;
} {
  const { environment, mode } = input;
  const path = input.file ?? (environment[FILE_VARIABLE] || null);
  const file = path === null ? null : readSettingsFile(path);
  const faults: Fault[] = [...(file?.faults ?? []), ...unknownVariables(environment)];
  const values: Record<string, unknown> = { mode };
  for (const section of Object.values<Section>(SECTIONS)) {
    const settings = listSettings(section.name, section.fields);
    const read = new Map(
      settings.map((setting) => [setting.key, readSetting(setting, { environment, file, mode })]),
    );
    const refused = [...read].flatMap(([key, value]) =>
      value instanceof Refusal ? [{ key, message: value.message }] : [],
    );
    const group = refused.length > 0 ? null : nest(section.name, section.fields, read);
    faults.push(...(group === null ? refused : section.check(group, mode)));
    if (group !== null) values[section.name] = section.finish(group);
  }
  // The keys of SECTIONS are their names, and each was finished unless there is a fault.
  const finished = values as unknown as SectionValues & { mode: Mode };
  const dataDir = finished.data?.dir;
  if (
    mode === 'serve' &&
    dataDir !== undefined &&
    finished.rootKey?.file === resolve(quickstartKeyFile(dataDir))
  ) {
    const message = "is quickstart's key, which lies beside the data that it opens: move it elsewhere";
    faults.push({ key: 'rootKey.file', message });
  }
  if (faults.length > 0) throw new ConfigError(faults.map(withVariable));
  return { config: deepFreeze({ ...finished, rootKey: chooseRootKey(finished) }) };
}

function chooseRootKey({ mode, data, rootKey }: SectionValues & { mode: Mode }): Config['rootKey'] {
  if (rootKey.file !== null || rootKey.value !== null || rootKey.transit !== null) {
    return { ...rootKey, createIfMissing: false };
  }
  return { ...rootKey, file: quickstartKeyFile(data.dir), createIfMissing: mode === 'start' };
}

function readSetting(
  { key, env, field }: Setting,
  { environment, file, mode }: { environment: Environment; file: SettingsFile | null; mode: Mode },
): unknown {
  const read = (raw: unknown, origin: Origin): unknown => {
    try {
      return field.kind.read(raw, origin);
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  };
  const here = process.cwd();
  const variable = environment[env];
  if (variable) return read(variable, { from: 'environment', folder: here });
  if (file?.raw.has(key)) return read(file.raw.get(key), { from: 'file', folder: file.folder });
  const preset = field.preset(mode);
  return preset === null || preset instanceof Refusal ? preset : read(preset, { from: 'file', folder: here });
}

function nest(prefix: string, fields: Fields, read: ReadonlyMap<string, unknown>): Record<string, never> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, entry]) => {
      const key = `${prefix}.${name}`;
      return [name, (isField(entry) ? read.get(key) : nest(key, entry, read)) as never];
    }),
  );
}

function unknownVariables(environment: Environment): Fault[] {
  const known = new Set([FILE_VARIABLE, KEY_VARIABLE, ...SETTINGS.map(({ env }) => env)]);
  return Object.keys(environment)
    .filter((name) => name.startsWith('SELFSAME_') && !known.has(name))
    .map((name) => {
      const near = findNearest(name, known);
      return {
        key: name,
        message: `there is no such variable${near === null ? '' : `; did you mean ${near}?`}`,
      };
    });
}

/** Names the variable beside the key: whoever reads the fault may know only one of them. */
function withVariable({ key, message }: Fault): Fault {
  const env = SETTINGS.find((setting) => setting.key === key)?.env;
  return { key: env === undefined ? key : `${key} (${env})`, message };
}
