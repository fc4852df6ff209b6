// The restic engine does what every engine promises, with the real program.
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { resticEngine } from '../../../../plugins/backup/restic/engine.ts';
import { engineSuite } from '../engine-suite.ts';
import { hasRestic } from './program.ts';
import { flipInPacks, makeRepository, PASSWORD } from './repository.ts';
import { MEMORY } from '../../../memory.ts';

describe.skipIf(!hasRestic())('with the program', () => {
  const scratch = mkdtempSync(join(MEMORY, 'realm-restic-'));
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  engineSuite('restic', (target, root) => {
    makeRepository(target, scratch);
    return {
      open: () =>
        resticEngine({
          repository: target,
          password: PASSWORD,
          env: {},
          root,
          data: join(root, '.realm/plugins/backup'),
        }),
      damage: () => flipInPacks(target),
    };
  });
});
