import type { CourierStore } from './courier/ports.ts';
import type { FamilyStore } from './identify/ports.ts';
import type { IdentityStore } from './identities/ports.ts';
import type { CaseStore } from './kyc/case-ports.ts';
import type { DocumentStore } from './kyc/document-ports.ts';
import type { KycIdentityStore } from './kyc/ports.ts';
import type { OrganisationStore, PoolConfigStore } from './pools/ports.ts';
import type { CodeStore, FlowStore } from './self-service/ports.ts';
import type { ExchangeStore } from './self-service/provider-ports.ts';
import type { SessionStore } from './sessions/ports.ts';
import type { MergeStore } from './verification/merge-ports.ts';
import type { VerificationStore } from './verification/ports.ts';
import type { RelationshipStore } from './verification/relationship-ports.ts';
import type { TypeStore } from './verification/type-ports.ts';

/** Stores that write in one transaction. */
export interface RecordStores {
  readonly identities: IdentityStore;
  readonly organisation: OrganisationStore;
  readonly poolConfigs: PoolConfigStore;
  readonly types: TypeStore;
  readonly relationships: RelationshipStore;
  readonly merges: MergeStore;
  readonly verifications: VerificationStore;
  readonly documents: DocumentStore;
  readonly courier: CourierStore;
  readonly flows: FlowStore;
  readonly codes: CodeStore;
  readonly sessions: SessionStore;
  readonly families: FamilyStore;
  readonly exchanges: ExchangeStore;
  readonly cases: CaseStore;
  readonly kycIdentities: KycIdentityStore;
}

export interface Records {
  /** One transaction over one pool's records; may be run again when it loses against another. */
  transaction<T>(work: (tx: RecordStores) => Promise<T>): Promise<T>;
}
