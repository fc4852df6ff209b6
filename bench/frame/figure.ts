// One measured number, and how it is told.
export interface Figure {
  /** `plan/1000`. */
  readonly name: string;
  readonly value: number;
  /** `ms`, `MiB`, `events/s`, `%`. */
  readonly unit: string;
  /** value / value of `versus`, measured in the same run. */
  readonly ratio?: number;
  /** What it is compared with: a floor or a peer. */
  readonly versus?: string;
  /** Smallest and largest of the runs. */
  readonly spread?: readonly [least: number, most: number];
  /** What was promised, for the table only. */
  readonly target?: string;
}

/** What every file in bench/ exports as `run`. Throws when it cannot measure; a missing number is never a zero. */
export type Bench = () => Promise<readonly Figure[]>;

const round = (value: number): number => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

/** The fixed shape: one line each. */
export function asJson({ name, value, unit, ratio, versus }: Figure): string {
  const compared = {
    ...(ratio === undefined ? {} : { ratio: round(ratio) }),
    ...(versus === undefined ? {} : { versus }),
  };
  return JSON.stringify({ name, value: round(value), unit, ...compared });
}

export function asRow({ name, value, unit, ratio, versus, spread, target }: Figure): string {
  const parts = [
    name.padEnd(34),
    `${round(value)} ${unit}`.padStart(16),
    (spread === undefined ? '' : `${round(spread[0])} .. ${round(spread[1])}`).padStart(18),
    (ratio === undefined ? '' : `${round(ratio)} x ${versus ?? ''}`).padEnd(34),
    target === undefined ? '' : `target ${target}`,
  ];
  return parts.join('  ').trimEnd();
}
