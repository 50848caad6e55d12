import { WrongState } from '../errors.ts';
import type { PoolConfig } from './ports.ts';

/** @throws WrongState The pool, its domain or its account is deleted for good: it takes no writes. */
export function requireOpenPool({ isOpen }: Pick<PoolConfig, 'isOpen'>): void {
  if (!isOpen) throw new WrongState('The pool, its domain or its account is deleted.');
}
