// Takes out of a folder that an interrupted run began what the run that goes on there did not meet again.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fromText, toPath } from '../byte-text.ts';
import { readEntries } from './entries-file.ts';
import { DATA, ENTRIES } from './layout.ts';
import { walk } from './walk.ts';

/** Answers with how many went. */
export function sweep(folder: string): number {
  const data = fromText(join(folder, DATA));
  const entries = readEntries(join(folder, ENTRIES));
  let at = entries.next();
  const extra: string[] = [];
  const roots = [{ from: join(folder, DATA), as: '', include: undefined, exclude: [] }];
  for (const found of walk({ roots, never: [], trouble: ({ path }) => extra.push(path) })) {
    while (at.done !== true && at.value.path < found.path) at = entries.next();
    const isMeant = at.done !== true && at.value.path === found.path && at.value.type === found.type;
    if (!isMeant) extra.push(`${data}/${found.path}`);
  }
  entries.return(undefined);
  for (const path of extra) rmSync(toPath(path as never), { recursive: true, force: true });
  return extra.length;
}
