// Folders whose names survive a power cut.
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { absent } from 'realm-runner/plugin';
import { syncFolder } from './notes.ts';

/** Makes a folder and those above it; one that is there is fine. */
export function makeLasting(folder: string): void {
  const outermost = mkdirSync(folder, { recursive: true });
  if (outermost === undefined) return;
  for (let at = folder; at !== dirname(outermost);) {
    at = dirname(at);
    try {
      syncFolder(at);
    } catch (error) {
      absent('EACCES')(error); // one that may be written to and not be read: the system does it in its own time
    }
  }
}
