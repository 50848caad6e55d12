import { type Field, type Fields, isField } from './field.ts';
import { SECTIONS } from './sections.ts';

/** One setting with its places: in the file (`rootKey.transit.key`) and in the environment. */
export interface Setting {
  readonly key: string;
  readonly env: string;
  readonly field: Field<unknown>;
}

/** The variable that names the settings file; the one setting that is in no section. */
export const FILE_VARIABLE = 'SELFSAME_CONFIG';

/** The variable with the API key of commands that call a server; no setting, and nothing else reads it. */
export const KEY_VARIABLE = 'SELFSAME_API_KEY';

/** The settings below a section or group, nested ones included, in written order. */
export function listSettings(key: string, fields: Fields): readonly Setting[] {
  return Object.entries(fields).flatMap(([name, entry]) => {
    const inner = `${key}.${name}`;
    return isField(entry)
      ? [{ key: inner, env: entry.env ?? variableOf(inner), field: entry }]
      : listSettings(inner, entry);
  });
}

export const SETTINGS: readonly Setting[] = Object.values(SECTIONS).flatMap(({ name, fields }) =>
  listSettings(name, fields),
);

/** `rootKey.transit.key` → `SELFSAME_ROOT_KEY_TRANSIT_KEY`. */
function variableOf(key: string): string {
  return `SELFSAME_${key
    .replaceAll('.', '_')
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase()}`;
}
