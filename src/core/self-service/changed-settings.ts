import { isSameJson } from '../../kit/same-json.ts';
import { isObject } from '../traits/pointer.ts';
import type { SelfServiceSettings } from './config.ts';

type Group = { readonly [name: string]: unknown };

/**
 * Names of settings that differ, as audit entries have them: `flow_seconds.login`. Never a value.
 * @returns In the order of the alphabet.
 */
export function changedSettings(before: SelfServiceSettings, after: SelfServiceSettings): string[] {
  const [old, now] = [before, after].map((one) => new Map(settingsOf(one, [])));
  const names = new Set([...(old?.keys() ?? []), ...(now?.keys() ?? [])]);
  return [...names].filter((name) => !isSameJson(old?.get(name), now?.get(name))).sort();
}

function settingsOf(group: Group, path: readonly string[]): [string, unknown][] {
  return Object.entries(group).flatMap(([name, value]): [string, unknown][] => {
    const below = [...path, name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
    return isObject(value) ? settingsOf(value, below) : [[below.join('.'), value]];
  });
}
