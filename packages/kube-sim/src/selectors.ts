import { badRequest } from './api-error.ts';
import { textOf, valueAt, type KubeObject } from './object.ts';

/** Says whether an object is selected. */
export type Selector = (object: KubeObject) => boolean;

const requirement =
  /^\s*(?:(!)\s*([\w./-]+)|([\w./-]+)\s+(in|notin)\s*\(([^()]*)\)|([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)|([\w./-]+))\s*(?:,|$)/;

/** Parses a label selector (`a=b,c!=d,e in (f,g),h notin (i),j,!k`); throws a 400 ApiError for anything else. */
export function labelSelector(text: string): Selector {
  const tests: Selector[] = [];
  let rest = text;
  while (rest.trim() !== '') {
    const match = requirement.exec(rest);
    if (match === null) {
      throw badRequest(`unable to parse requirement: found '${rest}', expected: identifier`);
    }
    tests.push(labelTest(match));
    rest = rest.slice(match[0].length);
  }
  return (object) => tests.every((test) => test(object));
}

function labelTest(match: RegExpExecArray): Selector {
  const [, not, absent, inKey, operator, values, key, comparison, value, present] = match;
  const labelOf = (object: KubeObject, name: string): string | undefined =>
    object.metadata.labels?.[name];
  if (not !== undefined && absent !== undefined) {
    return (object) => labelOf(object, absent) === undefined;
  }
  if (inKey !== undefined) {
    const set = new Set((values ?? '').split(',').map((item) => item.trim()));
    return (object) => {
      const label = labelOf(object, inKey);
      return (label !== undefined && set.has(label)) === (operator === 'in');
    };
  }
  if (key !== undefined) {
    return (object) => (labelOf(object, key) === (value ?? '')) === (comparison !== '!=');
  }
  return (object) => labelOf(object, present ?? '') !== undefined;
}

/**
 * Parses a field selector (`metadata.name=a,spec.nodeName!=b`) over the fields a resource allows.
 *
 * A field that is absent counts as the empty string, as in Kubernetes. Throws a 400 ApiError for a field that is not allowed.
 */
export function fieldSelector(text: string, allowed: readonly string[]): Selector {
  const tests = text
    .split(',')
    .filter((term) => term !== '')
    .map((term): Selector => {
      const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(term);
      if (match === null) {
        throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
      }
      const [, field = '', comparison, wanted = ''] = match;
      if (!allowed.includes(field)) throw badRequest(`field label not supported: ${field}`);
      return (object) => (textOf(valueAt(object, field)) === wanted) === (comparison !== '!=');
    });
  return (object) => tests.every((test) => test(object));
}
