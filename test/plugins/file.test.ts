// The model plugin keeps what every kind must keep.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kindSuite } from '../../core/testing.ts';

kindSuite({
  plugin: new URL('../../plugins/file/index.ts', import.meta.url),
  kind: 'file',
  spec: { path: 'notes/motd', text: 'Welcome.\n', mode: '0640' },
  other: { path: 'notes/motd', text: 'Welcome back.\n' },
  moved: { path: 'notes/issue', text: 'Welcome.\n' },
  prepare: (root) => mkdir(join(root, 'notes')).then(() => {}),
  spoil: (root) => writeFile(join(root, 'notes/motd'), 'somebody was here'),
});
