// The restic program for tests: found, or installed where that is allowed; else such tests are skipped.
import { hasProgram } from '../../../program.ts';

/** Whether tests that need it can run. */
export const hasRestic = (): boolean => hasProgram('restic', ['version'], 'its engine');
