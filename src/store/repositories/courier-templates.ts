import type { CourierStore } from '../../core/courier/ports.ts';
import type { Channel, StoredTemplate, TemplateType } from '../../core/courier/templates.ts';
import type { Session } from '../session.ts';

const TEMPLATES = `
  select t.template_type, t.channel, t.locale, t.subject, t.text, t.html, t.updated_at from courier_templates t
  where t.pool_id = $1::uuid`;

const PUT_TEMPLATE = `
  insert into courier_templates (pool_id, template_type, channel, locale, subject, text, html, updated_at)
  values ($1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::timestamptz)
  on conflict (pool_id, template_type, channel, locale) do update
    set subject = excluded.subject, text = excluded.text, html = excluded.html, updated_at = excluded.updated_at`;

interface TemplateColumns {
  template_type: TemplateType;
  channel: Channel;
  locale: string;
  subject: string | null;
  text: string;
  html: string | null;
  updated_at: Date;
}

/** A pool's own templates. */
export function createCourierTemplates(
  session: Session,
): Pick<CourierStore, 'listTemplates' | 'countTemplates' | 'putTemplate' | 'removeTemplate'> {
  const list = async (text: string, ...parameters: unknown[]): Promise<StoredTemplate[]> =>
    (await session.query<TemplateColumns>({ text, parameters })).rows.map(toTemplate);

  return {
    listTemplates: (poolId, query) =>
      query === null
        ? list(`${TEMPLATES} order by t.template_type, t.channel, t.locale`, poolId)
        : list(
            `${TEMPLATES} and t.template_type = $2::text and t.channel = $3::text and t.locale = any($4::text[])`,
            ...[poolId, query.templateType, query.channel, query.locales],
          ),
    async countTemplates(poolId) {
      const { rows } = await session.query<{ n: number }>({
        text: 'select count(*)::integer as n from courier_templates where pool_id = $1::uuid',
        parameters: [poolId],
      });
      return rows[0]?.n ?? 0;
    },
    async putTemplate(poolId, { templateType, channel, locale, subject, text, html, updatedAt }) {
      const parameters = [poolId, templateType, channel, locale, subject, text, html, updatedAt];
      await session.query({ text: PUT_TEMPLATE, parameters });
    },
    async removeTemplate(poolId, { templateType, channel, locale }) {
      const { count } = await session.query({
        text: `delete from courier_templates
               where pool_id = $1::uuid and template_type = $2::text and channel = $3::text and locale = $4::text`,
        parameters: [poolId, templateType, channel, locale],
      });
      return count === 1;
    },
  };
}

function toTemplate(row: TemplateColumns): StoredTemplate {
  const { channel, locale, subject, text, html } = row;
  return {
    ...{ templateType: row.template_type, channel, locale, subject, text, html },
    updatedAt: row.updated_at,
  };
}
