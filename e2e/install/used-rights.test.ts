import { describe, expect, test } from 'vitest';
import { type AuditEvent, refusals, type RightsObject, unusedRights } from './used-rights.ts';

const role = (rule: object, kind: string = 'Role'): RightsObject[] => [
  {
    kind,
    metadata: { name: 'r', namespace: 'home' },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list'], ...rule }],
  },
];
const event = (objectRef: object, verb: string = 'list', username: string = 'me'): AuditEvent => ({
  verb,
  user: { username },
  objectRef: { resource: 'pods', namespace: 'home', ...objectRef },
});
const unused = (objects: readonly RightsObject[], ...events: AuditEvent[]): readonly string[] =>
  unusedRights(objects, events, 'me', 'home');

describe('a right', () => {
  test('that a request needed is used', () => {
    expect(unused(role({}), event({}))).toEqual([]);
  });

  test.each([
    ['nobody asked', []],
    ['another user asked', [event({}, 'list', 'you')]],
    ['the verb was another', [event({}, 'watch')]],
    ['the group was another', [event({ apiGroup: 'x' })]],
    ['it was about a part', [event({ subresource: 'status' })]],
    ['it was in another namespace', [event({ namespace: 'away' })]],
  ])('is unused where %s', (_title, events) => {
    expect(unused(role({}), ...events)).toEqual(['list pods in home']);
  });

  test('on a name is used by a request for that name', () => {
    const named = role({ resourceNames: ['a', 'b'] });
    expect(unused(named, event({ name: 'a' }))).toEqual(['list pods b in home']);
  });

  test('in all namespaces is not used by requests in the namespace of the program alone', () => {
    const everywhere = role({ apiGroups: ['', 'x'] }, 'ClusterRole');
    expect(unused(everywhere, event({}), event({ apiGroup: 'x', namespace: 'away' }))).toEqual([
      'list pods everywhere',
    ]);
  });

  test('is counted for each verb, resource and group of its rule', () => {
    const wide = role({ verbs: ['list', 'watch'], resources: ['pods', 'services'] });
    expect(unused(wide, event({}), event({ resource: 'services' }, 'watch'))).toEqual([
      'watch pods in home',
      'list services in home',
    ]);
  });
});

test('what was refused is told, of that user alone', () => {
  const forbidden = { annotations: { 'authorization.k8s.io/decision': 'forbid' } };
  const events = [
    event({}),
    { ...event({ subresource: 'status' }, 'patch'), ...forbidden },
    { ...event({}, 'get', 'you'), ...forbidden },
  ];
  expect(refusals(events, 'me')).toEqual(['patch pods/status']);
});
