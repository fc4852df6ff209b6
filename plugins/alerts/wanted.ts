// Which alerts want which news: by severity, or by the type of the event.
import { matchesGlob } from 'node:path';
import type { Resource } from 'realm-runner/plugin';
import { HEARD, type News } from './news.ts';
import { type AlertSpec, SEVERITIES, type Severity } from './spec.ts';

const isSeverity = (word: string): word is Severity => (SEVERITIES as readonly string[]).includes(word);

export function wants({ spec }: Resource<AlertSpec>, { severity }: News, eventType: string): boolean {
  return spec.on.some((word) => (isSeverity(word) ? word === severity : matchesGlob(eventType, word)));
}

/** The word means a severity, or an event that can happen. */
export const meansSomething = (word: string): boolean =>
  isSeverity(word) || HEARD.some((type) => matchesGlob(type, word));
