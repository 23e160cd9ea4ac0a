import { expect, test } from 'vitest';
import { EndpointIndex } from '../src/endpoint-index.ts';
import { endpoints } from './cluster-views.ts';

test('the slices of a Service are those reported last, and a change names the Services it touches', () => {
  const index = new EndpointIndex();
  const one = endpoints('n1');
  const two = endpoints('n2');
  const moved = { ...two, service: 'default/other' };
  expect(index.set('default/web-1', one, undefined)).toEqual(['default/web']);
  expect(index.set('default/web-2', two, undefined)).toEqual(['default/web']);
  expect(index.of('default/web')).toEqual([one, two]);
  expect(index.set('default/web-2', moved, two)).toEqual(['default/web', 'default/other']);
  expect(index.of('default/web')).toEqual([one]);
  expect(index.set('default/web-1', undefined, one)).toEqual(['default/web']);
  expect(index.of('default/web')).toEqual([]);
});
