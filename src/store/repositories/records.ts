import type { Records } from '../../core/record-stores.ts';
import type { SchemaCompiler } from '../../core/traits/ports.ts';
import type { Session } from '../session.ts';
import { createCourierStore } from './courier.ts';
import { createDocumentStore } from './documents.ts';
import { createCodeStore } from './flow-codes.ts';
import { createFlowStore } from './flows.ts';
import { createFamilyStore } from './identify-families.ts';
import { createIdentityStore } from './identities.ts';
import { createTypeStore } from './identity-types.ts';
import { createCaseStore } from './kyc-cases.ts';
import { createKycIdentityStore } from './kyc-identities.ts';
import { createMergeStore } from './merges.ts';
import { createOrganisationStore } from './organisation.ts';
import { createPoolConfigStore } from './pool-configs.ts';
import { createRelationshipStore } from './relationships.ts';
import { createSessionStore } from './sessions.ts';
import { createExchangeStore } from './token-exchanges.ts';
import { createVerificationStore } from './verifications.ts';

export function createRecords(session: Session, compiler: SchemaCompiler): Records {
  return {
    transaction: (work) =>
      session.transaction((tx) =>
        work({
          identities: createIdentityStore(tx),
          organisation: createOrganisationStore(tx),
          verifications: createVerificationStore(tx),
          poolConfigs: createPoolConfigStore(tx, compiler),
          types: createTypeStore(tx),
          relationships: createRelationshipStore(tx),
          merges: createMergeStore(tx),
          documents: createDocumentStore(tx),
          courier: createCourierStore(tx),
          flows: createFlowStore(tx),
          codes: createCodeStore(tx),
          sessions: createSessionStore(tx),
          families: createFamilyStore(tx),
          exchanges: createExchangeStore(tx),
          cases: createCaseStore(tx),
          kycIdentities: createKycIdentityStore(tx),
        }),
      ),
  };
}
