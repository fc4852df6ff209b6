// Whether a session may be put first here: root alone is not enough, since in a container it may lack the right.
import { spawnSync } from 'node:child_process';

/** Asked of the kernel, in a session that ends at once. */
export const mayGoFirst: boolean =
  spawnSync('setsid', ['--wait', '/bin/sh', '-c', 'echo -1 >/proc/self/autogroup'], { stdio: 'ignore' }).status === 0;
