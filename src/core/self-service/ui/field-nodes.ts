import type { TraitField } from '../../traits/ports.ts';
import { inputNode } from './nodes.ts';
import { sayText } from './texts.ts';
import type { InputNode, UiGroup } from './ui.ts';

/**
 * An input for each trait, in the schema's order.
 * @param group `default` beside the credentials of a registration, `profile` in settings and in its first step.
 */
export function fieldNodes(fields: readonly TraitField[], group: UiGroup): InputNode[] {
  return fields.map((field) => {
    const { name, type, title, required, pattern, maxLength, autocomplete, disabled } = field;
    const label = title === undefined ? undefined : sayText(1070002, { title, name });
    return inputNode(
      group,
      {
        ...{ name, type, disabled: disabled === true },
        ...(required ? { required } : {}),
        ...(autocomplete === undefined ? {} : { autocomplete }),
        ...(pattern === undefined ? {} : { pattern }),
        ...(maxLength === undefined ? {} : { maxlength: maxLength }),
      },
      label,
    );
  });
}
