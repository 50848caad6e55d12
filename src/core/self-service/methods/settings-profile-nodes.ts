import type { IamRecord } from '../../iam/record.ts';
import type { CompiledSchema } from '../../traits/ports.ts';
import { fieldNodes } from '../ui/field-nodes.ts';
import { submitNode } from '../ui/nodes.ts';
import { withValues } from '../ui/values.ts';
import type { SettingsDrawing, SettingsPart } from './settings-part.ts';

export function profilePart(_deps: unknown, { offered, person }: SettingsDrawing): SettingsPart {
  const schema = ownSchema(person);
  if (!offered.methods.profile.enabled || schema === undefined) return { nodes: [] };
  return {
    nodes: [
      ...withValues(fieldNodes(schema.fields, 'profile'), { traits: person.profile.traits }),
      submitNode('profile', { value: 'profile', labelId: 1070003 }),
    ],
  };
}

/** The one that somebody's traits follow; undefined where the pool has it no more. */
export function ownSchema({ config, stored }: IamRecord): CompiledSchema | undefined {
  return config.schemas.get(stored.schemaId)?.compiled();
}
