// How a secret travels through plain data between the YAML and `decode`: as text that nobody can write by hand.
import { Secret } from './schema.ts';

const MARK = '\u0000secret:'; // YAML refuses NUL, so no written text can begin like this

export const secretText = (name: string): string => MARK + name;

/** The name of the secret that this text stands for, or undefined for ordinary text. */
export const secretNameOf = (text: string): string | undefined =>
  text.startsWith(MARK) ? text.slice(MARK.length) : undefined;

/** A copy of plain data in which every `Secret` is replaced by its text, as the checks expect. */
export function withSecretText(value: unknown): unknown {
  if (value instanceof Secret) return secretText(value.name);
  if (Array.isArray(value)) return value.map(withSecretText);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withSecretText(inner)]));
}
