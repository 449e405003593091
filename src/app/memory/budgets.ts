import type { Config } from '../../config/schema.ts';
import type { MemoryBytes } from '../../run/record.ts';

/** The three budgets: the visitor's, not the protocol's, so they have their place in the memory plan and no preset moves them. */

export type Place = keyof MemoryBytes;

export const BUDGETS = {
  gpu: 'memory.gpuBudget',
  host: 'memory.workerBudget',
  disk: 'memory.diskBudget',
} as const satisfies Record<Place, keyof Config>;

export type BudgetKey = (typeof BUDGETS)[Place];

export const isBudget = (key: string): key is BudgetKey => (Object.values(BUDGETS) as readonly string[]).includes(key);

export const NO_BUDGETS = {
  'memory.gpuBudget': 0,
  'memory.workerBudget': 0,
  'memory.diskBudget': 0,
} as const satisfies Record<BudgetKey, number>;

export function budgetsOf(config: Config): Pick<Config, BudgetKey> {
  const { 'memory.gpuBudget': gpu, 'memory.workerBudget': host, 'memory.diskBudget': disk } = config;
  return { 'memory.gpuBudget': gpu, 'memory.workerBudget': host, 'memory.diskBudget': disk };
}
