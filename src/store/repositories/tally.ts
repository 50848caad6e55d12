import type { TallyDeltas } from '../../core/identities/ports.ts';

const SLOTS = 16;
let turn = 0;

/** Totals are spread over slots; taking them in turn keeps concurrent writers off each other's rows. */
export function nextSlot(): number {
  turn = (turn + 1) % SLOTS;
  return turn;
}

/** Names and deltas as two lists, in one order for every writer so that two of them cannot deadlock. */
export function tallyParameters(tallies: TallyDeltas): { names: string[]; deltas: number[] } {
  const entries = [...tallies].filter(([, n]) => n !== 0).sort(([a], [b]) => (a < b ? -1 : 1));
  return { names: entries.map(([name]) => name), deltas: entries.map(([, n]) => n) };
}

/** @param at Numbers of the parameters with names, deltas and slot. */
export function tallySql(at: { names: number; deltas: number; slot: number }): string {
  return `counted as (
      insert into tallies (pool_id, name, slot, n)
      select $1::uuid, u.name, $${at.slot}::smallint, u.delta
      from record, unnest($${at.names}::text[], $${at.deltas}::bigint[]) as u(name, delta)
      on conflict (pool_id, name, slot) do update set n = tallies.n + excluded.n
      returning 1)`;
}
