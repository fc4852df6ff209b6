// Whose failure it is: what a plugin says on purpose, or hears of the system, is no defect of the plugin.
import { codeOf, errnoOf, messageOf } from '../errors.ts';

/**
 * A sentence for people. A RealmError speaks for itself; what the system refused is told by what was tried; anything else
 * that was thrown is a defect of the plugin, and names it.
 */
export function blame(error: unknown, plugin: string, what: string): string {
  if (codeOf(error) !== undefined) return messageOf(error);
  const failed = `${what} failed: ${messageOf(error)}`;
  return isOfSystem(error) ? failed : `plugin ${plugin}: ${failed}`;
}

/** Codes of Node itself, such as ERR_INVALID_ARG_TYPE, mean that it was called wrongly. */
const isOfSystem = (error: unknown): boolean => /^E[A-Z0-9]+$/.test(errnoOf(error) ?? '');
