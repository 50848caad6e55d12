import { DEFAULT_IAM, type IamConfig } from '../../core/iam/config.ts';
import { type IdentifyConfig, identifyConfigOf } from '../../core/identify/config.ts';
import {
  DEFAULT_KYC,
  type KycConfig,
  type KycProviderConfig,
  type ProviderKind,
} from '../../core/kyc/config.ts';
import type { OidcConfig, OidcProviderConfig } from '../../core/oidc/config.ts';
import type { PoolConfig, PoolConfigStore } from '../../core/pools/ports.ts';
import type { FactorDefinition } from '../../core/pools/ruleset.ts';
import type { AccountId, DomainId, Environment, PoolId, RulesetId } from '../../core/ports.ts';
import type { SchemaCompiler } from '../../core/traits/ports.ts';
import { traitSchema } from '../../core/traits/trait-schema.ts';
import {
  DEFAULT_VERIFICATION,
  type FieldDefinition,
  type PiiField,
  type Plan,
  type TypeDefinition,
  type VerificationConfig,
} from '../../core/verification/config.ts';
import type { Session } from '../session.ts';

const FIND = `
  select p.account_id, p.domain_id, p.ruleset_id, p.environment, a.partition, r.factors, s.config_version,
         p.status = 'extant' and d.status = 'extant' and a.status = 'extant' as is_open,
         (select json_agg(json_build_object('id', i.id, 'schema', i.schema, 'isDefault', i.is_default,
            'createdAt', i.created_at) order by i.id)
          from identity_schemas i where i.pool_id = $1::uuid) as schemas,
         (select row_to_json(v) from verification_settings v where v.pool_id = $1::uuid) as verification,
         (select json_agg(json_build_object('id', t.id, 'name', t.name, 'definition', t.definition,
            'isDefault', t.is_default, 'createdAt', t.created_at, 'updatedAt', t.updated_at) order by t.id)
          from identity_types t where t.pool_id = $1::uuid) as types,
         (select json_agg(json_build_object('id', f.id, 'typeId', f.type_id, 'name', f.name, 'definition', f.definition,
            'createdAt', f.created_at, 'updatedAt', f.updated_at) order by f.id)
          from custom_fields f where f.pool_id = $1::uuid) as fields,
         (select json_agg(json_build_object('slug', k.slug, 'kind', k.kind, 'definition', k.definition,
            'isEnabled', k.is_enabled) order by k.slug)
          from kyc_providers k where k.pool_id = $1::uuid) as providers,
         (select json_agg(json_build_object('id', o.id, 'definition', o.definition, 'isEnabled', o.is_enabled) order by o.id)
          from oidc_providers o where o.pool_id = $1::uuid) as oidc,
         (select t.definition from iam_settings t where t.pool_id = $1::uuid) as iam,
         (select n.definition from identify_settings n where n.pool_id = $1::uuid) as identify,
         (select n.secrets from identify_settings n where n.pool_id = $1::uuid) as identify_secrets
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
  schemas: { id: string; schema: unknown; isDefault: boolean; createdAt: string }[] | null;
  verification: VerificationRow | null;
  types: TypeRow[] | null;
  fields: FieldRow[] | null;
  providers: ProviderRow[] | null;
  oidc: OidcRow[] | null;
  iam: Partial<IamConfig> | null;
  identify: Partial<IdentifyConfig> | null;
  identify_secrets: Buffer | null;
}

interface ProviderRow {
  slug: string;
  kind: ProviderKind;
  definition: Omit<KycProviderConfig, 'slug' | 'kind' | 'isEnabled'>;
  isEnabled: boolean;
}

interface OidcRow {
  id: string;
  definition: Omit<OidcProviderConfig, 'id' | 'isEnabled'>;
  isEnabled: boolean;
}

interface VerificationRow {
  api_pii_fields: PiiField[] | null;
  sensitive_data_retention_days: number | null;
  plan: Plan;
  session_quota: number | null;
}

interface DefinedRow<Definition> {
  id: string;
  name: string;
  definition: Definition;
  createdAt: string;
  updatedAt: string;
}

type TypeRow = DefinedRow<TypeDefinition> & { isDefault: boolean };
type FieldRow = DefinedRow<FieldDefinition> & { typeId: string };

function toVerification({ verification, types, fields }: Row): VerificationConfig {
  const dated = (row: { createdAt: string; updatedAt: string }) => ({
    createdAt: new Date(row.createdAt).toISOString(),
    updatedAt: new Date(row.updatedAt).toISOString(),
  });
  const allFields = (fields ?? []).map(({ id, typeId, name, definition, ...times }) => {
    return { ...definition, ...{ id, typeId, name }, ...dated(times) };
  });
  return {
    apiPiiFields: verification?.api_pii_fields ?? null,
    sensitiveDataRetentionDays: verification?.sensitive_data_retention_days ?? null,
    plan: verification?.plan ?? DEFAULT_VERIFICATION.plan,
    sessionQuota: verification?.session_quota ?? null,
    types: (types ?? []).map(({ id, name, definition, isDefault, ...times }) => ({
      ...definition,
      ...{ id, name, isDefault },
      ...dated(times),
      fields: allFields
        .filter(({ typeId }) => typeId === id)
        .sort((a, b) => a.sortOrder - b.sortOrder || (a.id < b.id ? -1 : 1)),
    })),
  };
}

/** A pool that says nothing of the built-in provider has it switched on. */
function toKyc({ providers }: Row): KycConfig {
  const set = (providers ?? []).map(({ definition, ...provider }) => ({ ...definition, ...provider }));
  const others = DEFAULT_KYC.providers.filter(({ slug }) => !set.some((one) => one.slug === slug));
  return { providers: [...others, ...set].sort((a, b) => (a.slug < b.slug ? -1 : 1)) };
}

function toOidc({ oidc }: Row): OidcConfig {
  return { providers: (oidc ?? []).map(({ definition, ...provider }) => ({ ...definition, ...provider })) };
}

const IS_VERSION = `
  select 1 from pool_states s where s.pool_id = $1::uuid and s.config_version = $2::integer`;

export function createPoolConfigStore(session: Session, compiler: SchemaCompiler): PoolConfigStore {
  return {
    async isConfigVersion(poolId, version) {
      const { rows } = await session.query({ text: IS_VERSION, parameters: [poolId, version] });
      return rows.length === 1;
    },
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
        schemas: new Map(
          schemas.map(({ id, schema, createdAt }) => [
            id,
            traitSchema(compiler, { id, document: schema, createdAt: new Date(createdAt) }),
          ]),
        ),
        verification: toVerification(row),
        kyc: toKyc(row),
        oidc: toOidc(row),
        iam: { ...DEFAULT_IAM, ...row.iam },
        identify: { ...identifyConfigOf(row.identify ?? {}), sealedSecrets: row.identify_secrets },
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
