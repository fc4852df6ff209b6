// One place where a message goes: its name for people, which shows no secret, and its key in rows.
import { createHash } from 'node:crypto';
import { Secret } from 'realm-runner/plugin';
import type { Target } from './spec.ts';

/** The path of a webhook is often its password, so only the machine is shown. */
export function nameOf(target: Target): string {
  if (target === 'desktop') return 'desktop';
  if ('file' in target) return `file ${target.file}`;
  if ('command' in target) return `command ${String(target.command[0])}`;
  const { webhook } = target;
  if (webhook instanceof Secret) return `webhook ${String(webhook)}`;
  return `webhook ${URL.canParse(webhook) ? new URL(webhook).host : '(no URL)'}`;
}

/** Stays the same while the target means the same; a secret counts by its name. */
export function keyOf(target: Target): string {
  const kind = target === 'desktop' ? 'desktop' : Object.keys(target)[0]!;
  return `${kind}-${createHash('sha256').update(JSON.stringify(target)).digest('hex').slice(0, 12)}`;
}
