import type { IamRecord } from '../../iam/record.ts';
import type { SelfServiceConfig } from '../config.ts';
import type { FlowContent } from '../flow.ts';
import type { FlowType } from '../ports.ts';
import type { UiNode } from '../ui/ui.ts';
import type { Visit } from '../visit.ts';

/** What settings are drawn from. */
export interface SettingsDrawing {
  readonly visit: Pick<Visit, 'poolId' | 'base'>;
  readonly type: FlowType;
  readonly offered: SelfServiceConfig;
  /** As they are by now. */
  readonly person: IamRecord;
  /** What methods have kept so far; `{}` at the start. */
  readonly data: FlowContent['data'];
}

/** What a method has on the form, and what it keeps for its next step: under a name of its own. */
export interface SettingsPart {
  readonly nodes: readonly UiNode[];
  readonly data?: FlowContent['data'];
}
