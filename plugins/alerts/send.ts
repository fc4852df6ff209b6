// Sends one message to one target, whatever the target is.
import type { Context, Resource } from 'realm-runner/plugin';
import { append } from './append.ts';
import { desktopCommand, runCommand } from './command.ts';
import type { Body } from './message.ts';
import type { AlertSpec, Target } from './spec.ts';
import { keyOf } from './target.ts';
import { post } from './webhook.ts';
import { within } from './within.ts';

/** Resolves once the target has it. Else throws; `Undelivered.retryAfterMs` is what the receiver asked for. */
export function send({ name, spec }: Resource<AlertSpec>, target: Target, body: Body, ctx: Context): Promise<void> {
  return within(spec.timeout, ctx, (signal) => {
    if (target === 'desktop') return runCommand(desktopCommand(body), body, folderOf(name, target), ctx, signal);
    if ('webhook' in target) return post(target, body, ctx, signal);
    if ('file' in target) return append(target.file, body);
    const argv = target.command.map((word) => ctx.reveal(word));
    return runCommand(argv, body, folderOf(name, target), ctx, signal);
  });
}

const folderOf = (name: string, target: Target): string => `${name}.${keyOf(target)}`;
