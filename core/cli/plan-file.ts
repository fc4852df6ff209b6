// A plan that `realm plan --out` kept, read back and checked before anybody relies on it.
import { readFileSync } from 'node:fs';
import type { PlanView } from '../api/door.ts';
import { SHAPE_VERSION } from '../api/door.ts';
import { errnoOf, messageOf, RealmError } from '../errors.ts';

const ACTIONS: readonly unknown[] = ['create', 'update', 'replace', 'remove', 'forget'];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string');

function isChange(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value['ref'] === 'string' &&
    ACTIONS.includes(value['action']) &&
    Array.isArray(value['fields'])
  );
}

/** The first thing that is wrong with it, or undefined. */
function defectOf(plan: unknown): string | undefined {
  if (!isObject(plan)) return 'it is no JSON object';
  if (plan['version'] !== SHAPE_VERSION)
    return `its version is ${JSON.stringify(plan['version'])}, not ${SHAPE_VERSION}`;
  const { changes, unseen, closure, bound } = plan;
  if (!Array.isArray(changes) || !changes.every(isChange)) return '`changes` is not a list of changes';
  if (!Array.isArray(unseen) || !isTexts(closure)) return '`unseen` or `closure` is no list';
  if (!isObject(bound) || typeof bound['config'] !== 'string' || !isObject(bound['observed']))
    return '`bound`, which says what it was made from, is missing';
  return isTexts(bound['target']) && isTexts(bound['exclude'])
    ? undefined
    : '`bound.target` or `bound.exclude` is no list';
}

/** Whether a plan lies there, of whatever version: something that another plan may replace. */
export function isPlan(path: string): boolean {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isObject(found) && Array.isArray(found['changes']) && isObject(found['bound']);
  } catch {
    return false; // not to be read, or no JSON: no plan
  }
}

/** Throws PLAN_UNREADABLE. Whether it is still true of config and world is for the door to say. */
export function readPlan(path: string, typed: string): PlanView {
  const refuse = (message: string, cause?: unknown): RealmError =>
    new RealmError('PLAN_UNREADABLE', `${message}.`, { hint: '`realm plan --out plan.json` writes a plan.', cause });
  let plan: unknown;
  try {
    plan = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') throw refuse(`There is no file ${typed}`, error);
    throw refuse(
      `${typed} is no plan: ${error instanceof SyntaxError ? 'it is not whole JSON' : messageOf(error)}`,
      error,
    );
  }
  const defect = defectOf(plan);
  if (defect !== undefined) throw refuse(`${typed} is no plan: ${defect}`);
  return plan as PlanView;
}
