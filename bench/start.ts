import type { Run } from './kit/figure.ts';
export const run: Run = async () => [];
