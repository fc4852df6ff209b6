// The tree engine does what every engine promises.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { treeEngine } from '../../../../plugins/backup/tree/engine.ts';
import { engineSuite } from '../engine-suite.ts';

engineSuite('tree', (target, root) => ({
  open: () => treeEngine({ path: target, root, expected: undefined, racyMs: -60_000 }), // nothing is too young
  damage: (snapshot, path) => {
    const file = join(snapshot.path, 'data', path);
    const bytes = readFileSync(file);
    bytes[bytes.length >> 1]! ^= 1;
    chmodSync(file, 0o600);
    writeFileSync(file, bytes);
    chmodSync(file, 0o444);
  },
}));
