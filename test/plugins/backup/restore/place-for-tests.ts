// The same for one test, which clears it away.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Setting, settingAt } from './realm-for-tests.ts';
import { MEMORY } from '../../../memory.ts';

export function setting(): Setting {
  const folder = mkdtempSync(join(MEMORY, 'realm-restore-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return settingAt(folder);
}
