import type { Session } from '../session.ts';

/** Facts of the installation, by name. */
export async function readFact(session: Session, key: string): Promise<string | null> {
  const { rows } = await session.query<{ value: string }>({
    text: 'select value from installation where key = $1::text',
    parameters: [key],
  });
  return rows[0]?.value ?? null;
}

/** @returns False when the fact is there already: the first one stays. */
export async function writeFactOnce(session: Session, key: string, value: string): Promise<boolean> {
  const { rows } = await session.query({
    text: `insert into installation (key, value) values ($1::text, $2::text)
           on conflict (key) do nothing returning 1 as n`,
    parameters: [key, value],
  });
  return rows.length === 1;
}

/** @returns The server's version as a number (180004) and its clock. */
export async function readServerFacts(session: Session): Promise<{ version: number; now: Date }> {
  const { rows } = await session.query<{ version: number; now: Date }>({
    text: `select current_setting('server_version_num')::integer as version, clock_timestamp() as now`,
    parameters: [],
  });
  const [row] = rows;
  if (row === undefined) throw new TypeError('the server told nothing of itself');
  return row;
}
