// Spans and instants, as sentences say them.
/** `4 s`, `31 min`, `5 h`, `12 days`. */
export function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

export const instant = (ms: number): string => new Date(ms).toISOString();
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
