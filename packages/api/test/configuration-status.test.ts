import { describe, expect, test } from 'vitest';
import {
  configurationStatus,
  viewConfigurationState,
  type ConfigurationStateStatus,
  type ConfigurationStateView,
} from '../src/index.ts';

const type = 'poolReconcilerValid';
const say = (
  before: ConfigurationStateView,
  problems: readonly string[],
  now: string,
): ConfigurationStateStatus | undefined => configurationStatus(before, { type, problems, now });

describe('the status of a ConfigurationState', () => {
  const NOW = '2026-11-23T12:00:00Z';
  const empty = viewConfigurationState({ metadata: {} });

  test('says that all is well, and is not written again', () => {
    const status = say(empty, [], NOW);
    expect(status).toEqual({
      result: 'Valid',
      errorSummary: '',
      conditions: [
        {
          type: 'poolReconcilerValid',
          status: 'True',
          reason: 'Reconciled',
          message: '',
          lastTransitionTime: NOW,
        },
      ],
    });
    const shown = viewConfigurationState(Object.assign({ metadata: {} }, { status }));
    expect(say(shown, [], '2026-11-24T12:00:00Z')).toBeUndefined();
  });

  test('says what is wrong', () => {
    const status = say(empty, ['one thing', 'another'], NOW);
    expect(status).toMatchObject({
      result: 'Invalid',
      errorSummary: 'configuration error: one thing\nanother',
      conditions: [{ status: 'False', reason: 'ConfigurationError' }],
    });
  });
});
