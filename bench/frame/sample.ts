// Repeats a measurement and keeps what can be said about it.
export interface Sample {
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly spread: readonly [least: number, most: number];
}

export function sampleOf(values: readonly number[]): Sample {
  if (values.length === 0) throw new Error('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number): number => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))]!;
  return { median: at(0.5), p95: at(0.95), p99: at(0.99), spread: [sorted[0]!, sorted.at(-1)!] };
}

/** Takes turns, so that a busy moment of the machine meets all of them; the first turn warms up and does not count. */
export async function alternate<Name extends string>(
  times: number,
  measured: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Readonly<Record<Name, Sample>>> {
  const names = Object.keys(measured) as Name[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let turn = 0; turn <= times; turn += 1) {
    for (const name of names) {
      const value = await measured[name]();
      if (turn > 0) values[name].push(value);
    }
  }
  return Object.fromEntries(names.map((name) => [name, sampleOf(values[name])])) as Record<Name, Sample>;
}
