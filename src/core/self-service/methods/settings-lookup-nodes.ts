import type { LookupCode } from '../../credentials/credentials.ts';
import type { FlowContent } from '../flow.ts';
import { submitNode, textNode } from '../ui/nodes.ts';
import { lookupCodesText, sayText } from '../ui/texts.ts';
import type { UiNode } from '../ui/ui.ts';
import type { SettingsDrawing, SettingsPart } from './settings-part.ts';

const GROUP = 'lookup_secret';

/** Kept while somebody looks at codes. */
interface LookupData {
  /** New ones, which count for nothing before they were confirmed. */
  readonly pending?: readonly string[];
  /** Those that they have are shown. */
  readonly isRevealed?: true;
}

export function lookupDataOf(data: FlowContent['data']): LookupData {
  return (data as { readonly lookup_secret?: LookupData }).lookup_secret ?? {};
}

/** @param lookup Undefined: nothing is kept any more. */
export function withLookupData(
  data: FlowContent['data'],
  lookup: LookupData | undefined,
): FlowContent['data'] {
  const { lookup_secret: _, ...rest } = data;
  return lookup === undefined ? rest : { ...rest, lookup_secret: lookup };
}

/** Backup codes: to be made, confirmed, looked at again, or done without. */
export function lookupPart(_deps: unknown, { offered, person, data }: SettingsDrawing): SettingsPart {
  if (!offered.methods.lookup_secret.enabled) return { nodes: [] };
  const lookup = lookupDataOf(data);
  const { pending, isRevealed } = lookup;
  const has = person.credentials.lookup_secret;
  const kept = { data: withLookupData({}, lookup) };
  if (pending !== undefined)
    return { nodes: [codesNode(pending.map((code) => ({ code }))), button('confirm', 1050011)], ...kept };
  if (has === undefined) return { nodes: [button('regenerate', 1050008)] };
  if (isRevealed)
    return {
      nodes: [codesNode(has.codes), button('disable', 1050016), button('regenerate', 1050008)],
      ...kept,
    };
  return { nodes: [button('reveal', 1050007), button('disable', 1050016)] };
}

function button(what: string, labelId: 1050007 | 1050008 | 1050011 | 1050016): UiNode {
  return submitNode(GROUP, { name: `lookup_secret_${what}`, value: 'true', labelId });
}

function codesNode(codes: readonly LookupCode[]): UiNode {
  return textNode(GROUP, { id: 'lookup_secret_codes', text: lookupCodesText(codes) }, sayText(1050010));
}
