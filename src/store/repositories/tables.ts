import type { Generated } from 'kysely';
import type { FactorDefinition } from '../../core/pools/ruleset.ts';
import type { AccountId, DomainId, Environment, PoolId, RulesetId } from '../../core/ports.ts';

type Status = 'extant' | 'deleted';

/** The reference tables, for queries whose shape varies. */
export interface Tables {
  accounts: { id: AccountId; partition: number; title: string; status: Generated<Status>; created_at: Date };
  domains: {
    id: DomainId;
    account_id: AccountId;
    title: string;
    status: Generated<Status>;
    created_at: Date;
  };
  rulesets: {
    id: RulesetId;
    account_id: AccountId;
    domain_id: DomainId;
    title: string;
    status: Generated<Status>;
    factors: FactorDefinition[];
    methods: unknown[];
    plans: unknown[];
    created_at: Date;
  };
  pools: {
    id: PoolId;
    account_id: AccountId;
    domain_id: DomainId;
    ruleset_id: RulesetId;
    title: string;
    status: Generated<Status>;
    environment: Environment;
    created_at: Date;
  };
}
