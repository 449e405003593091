/**
 * The name of a fused kernel says what it is made of: `matmul.nn+elementwise.addBias@x+activation.relu@x!` is a matrix product whose
 * sums get a bias and go through ReLU before they are stored; `@` names the operand that flows through, and `!` says that what flows
 * into the stage is stored too. `matmul.nn~a,out` keeps the operands that `~` lists in half precision. `matmul.nn#8x8` computes tiles
 * of that size.
 */
export interface FusedName {
  readonly head: string;
  readonly stages: readonly StageName[];
  /** Bindings whose values are kept in half precision, and what flows between stages and would be. */
  readonly halves: readonly string[];
}

/** The same kernel in other tiles (tiles.ts). */
export function withTile(name: string, tile: string): string {
  return name.replace(/^[^+~]*/, (head) => `${head}#${tile}`);
}

export interface StageName {
  readonly kernel: string;
  readonly operand: string;
  readonly keeps: boolean;
}

export function appendStage(name: string, { kernel, operand, keeps }: StageName): string {
  return `${name}+${kernel}@${operand}${keeps ? '!' : ''}`;
}

/** The kernel as it is where the values of these bindings are kept in half precision. */
export function withHalves(name: string, bindings: readonly string[]): string {
  return bindings.length > 0 ? `${name}~${bindings.join(',')}` : name;
}

export function parseFusedName(name: string): FusedName {
  const [kernel, halves] = name.split('~');
  const [head, ...rest] = kernel.split('+');
  const stages = rest.map((text) => {
    const [, kernel, operand, keeps] = /^(.*)@(\w+)(!?)$/.exec(text)!;
    return { kernel, operand, keeps: keeps === '!' };
  });
  return { head, stages, halves: halves?.split(',') ?? [] };
}

/** What the operands and parameters of the k-th stage (from 1) are called in a fused kernel. */
export function stageName(name: string, k: number): string {
  return `${name}_${k}`;
}

/** What flows into the k-th stage; among the halves of a kernel's name it says that it is rounded as if it had been stored. */
export function flowName(k: number): string {
  return `flow_${k}`;
}

/** Where what flows into the k-th stage is stored too. */
export function storedName(k: number): string {
  return `stored_${k}`;
}
