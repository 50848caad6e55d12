import type { FlowContent } from '../flow.ts';
import { imageNode, inputNode, submitNode, textNode } from '../ui/nodes.ts';
import { sayText } from '../ui/texts.ts';
import type { UiNode } from '../ui/ui.ts';
import type { FlowDeps } from '../visit.ts';
import type { SettingsDrawing, SettingsPart } from './settings-part.ts';
import { secretOf, totpUrl } from './totp.ts';

const GROUP = 'totp';
const SECRET_BYTES = 20;

/** Kept while somebody sets up an app: their own secret, which counts for nothing before a code of it came. */
interface PendingTotp {
  readonly url: string;
}

/** @returns Null where none is being set up. */
export function pendingTotp(data: FlowContent['data']): PendingTotp | null {
  return (data as { readonly totp?: PendingTotp }).totp ?? null;
}

/** An authenticator app: to be set up, or, once it is, to be removed. */
export function totpPart(deps: FlowDeps, drawing: SettingsDrawing): SettingsPart {
  const { offered, person, data } = drawing;
  if (!offered.methods.totp.enabled) return { nodes: [] };
  if (person.credentials.totp !== undefined)
    return { nodes: [submitNode(GROUP, { name: 'totp_unlink', value: 'true', labelId: 1050004 })] };
  const totp = pendingTotp(data) ?? newTotp(deps, drawing);
  return { nodes: setUpNodes(deps, totp), data: { totp } };
}

/** The app shows the host as the issuer, and the account as the schema says, else the id (contract iam 5). */
function newTotp({ random }: FlowDeps, { visit, person }: SettingsDrawing): PendingTotp {
  const issuer = new URL(visit.base).hostname;
  const account = person.derived.totpAccountName ?? person.stored.id;
  return { url: totpUrl({ issuer, account, secret: random.bytes(SECRET_BYTES) }) };
}

function setUpNodes({ qrCodes }: Pick<FlowDeps, 'qrCodes'>, { url }: PendingTotp): UiNode[] {
  const { png, sizePixels } = qrCodes.draw(url);
  const src = `data:image/png;base64,${png.toString('base64')}`;
  const size = { width: sizePixels, height: sizePixels };
  const secret = sayText(1050006, { secret: secretOf(url) });
  return [
    imageNode(GROUP, { id: 'totp_qr', src, ...size }, sayText(1050005)),
    textNode(GROUP, { id: 'totp_secret_key', text: secret }, sayText(1050017)),
    inputNode(GROUP, { name: 'totp_code', type: 'text', required: true }, sayText(1070006)),
    submitNode(GROUP, { value: 'totp', labelId: 1070003 }),
  ];
}
