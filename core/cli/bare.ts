// A realm for the length of one command where there is none: one plugin of ours, nothing declared, and a state that goes with it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface BareRealm {
  /** Its config. */
  readonly file: string;
  dispose(): void;
}

export function bareRealm(plugin: string): BareRealm {
  const folder = mkdtempSync(join(tmpdir(), 'realm-bare-'));
  const file = join(folder, 'realm.config.yaml');
  writeFileSync(file, `plugins: [${plugin}]\n`);
  return { file, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}
