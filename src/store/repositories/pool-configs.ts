import { findTraitHomes } from '../../core/identities/attributes.ts';
import type { PoolConfig, PoolConfigStore } from '../../core/pools/ports.ts';
import type { FactorDefinition } from '../../core/pools/ruleset.ts';
import type { AccountId, DomainId, Environment, PoolId, RulesetId } from '../../core/ports.ts';
import type { Session } from '../session.ts';

const FIND = `
  select p.account_id, p.domain_id, p.ruleset_id, p.environment, a.partition, r.factors, s.config_version,
         p.status = 'extant' and d.status = 'extant' and a.status = 'extant' as is_open,
         (select json_agg(json_build_object('id', i.id, 'schema', i.schema, 'isDefault', i.is_default) order by i.id)
          from identity_schemas i where i.pool_id = $1::uuid) as schemas
  from pool_states s
  join pools p on p.id = $1::uuid
  join domains d on d.id = p.domain_id
  join accounts a on a.id = p.account_id
  join rulesets r on r.id = p.ruleset_id
  where s.pool_id = $1::uuid`;

interface Row {
  account_id: AccountId;
  domain_id: DomainId;
  ruleset_id: RulesetId;
  environment: Environment;
  partition: number;
  factors: FactorDefinition[];
  config_version: number;
  is_open: boolean;
  schemas: { id: string; schema: unknown; isDefault: boolean }[] | null;
}

export function createPoolConfigStore(session: Session): PoolConfigStore {
  return {
    /** One statement, so that version and content are of one moment. */
    async findPoolConfig(poolId: PoolId): Promise<PoolConfig | null> {
      const { rows } = await session.query<Row>({ text: FIND, parameters: [poolId] });
      const [row] = rows;
      if (row === undefined) return null;
      const schemas = row.schemas ?? [];
      return {
        poolId,
        accountId: row.account_id,
        domainId: row.domain_id,
        rulesetId: row.ruleset_id,
        partition: row.partition,
        environment: row.environment,
        isOpen: row.is_open,
        factors: row.factors,
        schemas: new Map(schemas.map(({ id, schema }) => [id, findTraitHomes(schema)])),
        defaultSchemaId: schemas.find((schema) => schema.isDefault)?.id ?? 'default',
        version: row.config_version,
      };
    },
  };
}

/** Every pool of the installation, for commands that go pool by pool. */
export async function listAllPoolIds(session: Session): Promise<PoolId[]> {
  const { rows } = await session.query<{ id: PoolId }>({
    text: 'select id from pools order by id',
    parameters: [],
  });
  return rows.map((row) => row.id);
}
