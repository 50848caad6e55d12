import type { Command } from './command.ts';
import { accountsCreate } from './commands/accounts-create.ts';
import { configCheck } from './commands/config-check.ts';
import {
  courierTemplatesList,
  courierTemplatesReset,
  courierTemplatesSet,
  courierTemplatesShow,
} from './commands/courier.ts';
import { doctor } from './commands/doctor.ts';
import { iamConfigure, iamShow } from './commands/iam.ts';
import { identifyConfigure, identifyRotateSecret, identifyShow } from './commands/identify.ts';
import { identitiesBlock, identitiesUnblock } from './commands/identities-block.ts';
import { identitiesPurge } from './commands/identities-purge.ts';
import { keysResume, keysRevoke, keysSuspend } from './commands/keys-change.ts';
import { keysCreate } from './commands/keys-create.ts';
import { keysGenerateRoot } from './commands/keys-generate-root.ts';
import { keysList } from './commands/keys-list.ts';
import { keysRotate } from './commands/keys-rotate.ts';
import { kycProviderRemove, kycProviderSet, kycShow } from './commands/kyc.ts';
import { migrate } from './commands/migrate.ts';
import { oidcAdd, oidcList, oidcRemove } from './commands/oidc.ts';
import { reviewApprove, reviewList, reviewReject, reviewShow } from './commands/review.ts';
import { schemasAdd, schemasDefault, schemasList, schemasRemove } from './commands/schemas.ts';
import { selfserviceConfigure, selfserviceShow } from './commands/selfservice.ts';
import { serve } from './commands/serve.ts';
import { signatureVerify } from './commands/signature.ts';
import { start } from './commands/start.ts';
import { verificationConfigure, verificationShow } from './commands/verification.ts';
import { webhooksAdd, webhooksList } from './commands/webhooks.ts';

/** Every command, in the order of the overview. */
export const COMMANDS: readonly Command[] = [
  ...[start, serve, migrate, configCheck, doctor, accountsCreate],
  ...[keysCreate, keysList, keysRevoke, keysSuspend, keysResume, keysGenerateRoot, keysRotate],
  ...[identitiesBlock, identitiesUnblock, identitiesPurge],
  ...[reviewList, reviewShow, reviewApprove, reviewReject],
  ...[verificationShow, verificationConfigure],
  ...[schemasList, schemasAdd, schemasDefault, schemasRemove],
  ...[iamShow, iamConfigure],
  ...[selfserviceShow, selfserviceConfigure],
  ...[courierTemplatesList, courierTemplatesShow, courierTemplatesSet, courierTemplatesReset],
  ...[kycShow, kycProviderSet, kycProviderRemove],
  ...[oidcList, oidcAdd, oidcRemove],
  ...[identifyShow, identifyConfigure, identifyRotateSecret, signatureVerify],
  ...[webhooksAdd, webhooksList],
];
