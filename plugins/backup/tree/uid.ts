// Names that are never given out twice and sort by the time they were made.
import type { Tools } from '../engine.ts';

const DIGITS = 36;

export function uidOf({ now, random }: Pick<Tools, 'now' | 'random'>): string {
  const time = Math.max(0, Math.floor(now())).toString(DIGITS).padStart(9, '0');
  const chance = Array.from({ length: 14 }, () => Math.floor(random() * DIGITS).toString(DIGITS));
  return `${time}${chance.join('')}`;
}
