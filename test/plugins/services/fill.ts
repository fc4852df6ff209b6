// Fills a disk of a test's own.
import { closeSync, openSync, writeSync } from 'node:fs';

/** With one file, until not even one more byte goes in. */
export function fill(path: string): void {
  const file = openSync(path, 'w');
  for (let size = 65_536; size >= 1; size = Math.floor(size / 2)) {
    try {
      for (;;) writeSync(file, Buffer.alloc(size));
    } catch {
      // full for pieces of this size
    }
  }
  closeSync(file);
}
