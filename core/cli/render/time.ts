// Times as people say them.
const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

/** `3 h`, `2 d`; whole units, rounded down. Below a second: `0 s`. */
export function spanText(ms: number): string {
  const [size, unit] = UNITS.find(([unitMs]) => Math.abs(ms) >= unitMs) ?? UNITS[3];
  return `${Math.trunc(Math.abs(ms) / size)} ${unit}`;
}

/** `3 h ago`, `now` or `in 3 h`; `-` for no time. `iso` is UTC ISO 8601. */
export function whenText(iso: string | null | undefined, nowMs: number): string {
  const at = iso === null || iso === undefined ? Number.NaN : Date.parse(iso);
  if (Number.isNaN(at)) return '-';
  if (Math.abs(at - nowMs) < 1_000) return 'now';
  return at > nowMs ? `in ${spanText(at - nowMs)}` : `${spanText(nowMs - at)} ago`;
}
