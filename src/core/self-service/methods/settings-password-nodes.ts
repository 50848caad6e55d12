import { inputNode, submitNode } from '../ui/nodes.ts';
import { sayText } from '../ui/texts.ts';
import type { SettingsDrawing, SettingsPart } from './settings-part.ts';

export function passwordPart(_deps: unknown, { offered }: SettingsDrawing): SettingsPart {
  if (!offered.methods.password.enabled) return { nodes: [] };
  const password = { name: 'password', type: 'password', required: true } as const;
  return {
    nodes: [
      inputNode('password', { ...password, autocomplete: 'new-password' }, sayText(1070001)),
      submitNode('password', { value: 'password', labelId: 1070003 }),
    ],
  };
}
