import { expect, test } from 'vitest';
import { EndpointIndex } from '../src/endpoint-index.ts';
import type { EndpointsView } from '../src/views.ts';
import { endpoints } from './cluster-views.ts';

test('the slices of a Service are those reported last, and a change names the Services it touches', () => {
  const views = new Map<string, EndpointsView>();
  const index = new EndpointIndex((slice) => views.get(slice));
  const report = (slice: string, now: EndpointsView | undefined): string[] => {
    const before = views.get(slice);
    if (now === undefined) views.delete(slice);
    else views.set(slice, now);
    return index.set(slice, now, before);
  };
  const one = endpoints('n1');
  const two = endpoints('n2');
  const moved = { ...two, service: 'default/other' };
  expect(report('default/web-1', one)).toEqual(['default/web']);
  expect(report('default/web-2', two)).toEqual(['default/web']);
  expect(index.of('default/web')).toEqual([one, two]);
  expect(report('default/web-2', moved)).toEqual(['default/web', 'default/other']);
  expect(index.of('default/web')).toEqual([one]);
  expect(report('default/web-1', undefined)).toEqual(['default/web']);
  expect(index.of('default/web')).toEqual([]);
});

test('a slice that is seen to have gone to another Service before that is reported is none of the first any more', () => {
  let view: EndpointsView | undefined = endpoints('n1');
  const index = new EndpointIndex(() => view);
  index.set('default/web-1', view, undefined);
  view = { ...view, service: 'default/other' };
  expect(index.of('default/web')).toEqual([]);
  view = undefined;
  expect(index.of('default/web')).toEqual([]);
});
