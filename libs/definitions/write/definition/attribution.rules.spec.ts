import type { Json } from '@baton/kernel';
import { attributionModelCodes, type Attribution } from './attribution.rules';
import { validateBody, inForceOrBuiltIn } from './kinds.rules';

const good = { model: 'linear', lookback: 'P90D' };
const whole: Attribution = {
  model: 'custom',
  lookback: 'none',
  lookbackSteps: 20,
  afterConversion: 'restart',
  include: { channels: ['email', 'search'] },
  exclude: { campaigns: ['internal'] },
  transforms: [
    { kind: 'exposure' },
    { kind: 'remove-if-last-and-not-all', channels: ['direct'] },
    { kind: 'lookback', within: 'P30D' },
    { kind: 'trim', steps: 5 },
  ],
  stages: [
    { stage: 'first-touch', share: 0.3 },
    { stage: 'closed-won', share: 0.3 },
    { stage: 'demo', share: 0.3, action: 'demo' },
  ],
  mid: 0.1,
  halfLife: 'P7D',
  timeZone: 'Europe/Berlin',
};

describe('a body of attribution', () => {
  it('is valid', () => {
    expect(validateBody('attribution', inForceOrBuiltIn('attribution', undefined).body)).toBeUndefined();
    expect(inForceOrBuiltIn('attribution', undefined).body.lookback).toBeUndefined();
    expect(validateBody('attribution', whole as unknown as Json)).toBeUndefined();
    for (const model of attributionModelCodes)
      expect(validateBody('attribution', { ...whole, model } as unknown as Json)).toBeUndefined();
  });
  it.each<[object, string]>([
    [{ lookback: '90 days' }, 'lookback'],
    [{ lookback: 'P1M' }, 'lookback'],
    [{ lookback: 'P0D' }, 'lookback'],
    [{ lookback: '-P90D' }, 'lookback'],
    [{ lookbackSteps: 0 }, 'lookbackSteps'],
    [{ halfLife: 'PT0S' }, 'halfLife'],
    [{ halfLife: 'P-7D' }, 'halfLife'],
    [{ timeZone: 'Europe/Nowhere' }, 'timeZone'],
    [{ weights: { first: 0.4, last: 0.4, mid: 0.4 } }, 'weights'],
    [{ weights: { first: 0.4, last: 0.4, mid: 0.1 } }, 'weights'],
    [{ weights: { first: 2, last: 0, mid: 0 } }, 'weights.first'],
    [{ weights: { first: -0.2, last: 1, mid: 0.2 } }, 'weights.first'],
    [{ model: '' }, 'model'],
    [{ model: 'magic' }, 'model'],
    [{ afterConversion: 'rest' }, 'afterConversion'],
    [{ transforms: [{ kind: 'shuffle' }] }, 'transforms.0.kind'],
    [{ transforms: [{ kind: 'exposure' }, { kind: 'trim' }] }, 'transforms.1.steps'],
    [{ transforms: [{ kind: 'trim', steps: 0 }] }, 'transforms.0.steps'],
    [{ transforms: [{ kind: 'lookback', within: 'P0D' }] }, 'transforms.0.within'],
    [{ transforms: [{ kind: 'exclude', when: [{ medium: [] }] }] }, 'transforms.0.when.0.medium'],
    [{ transforms: [{ kind: 'trim', steps: 1, when: [{}] }] }, 'transforms.0.when'],
    [{ include: { when: [{ referrer: '*part*' }] } }, 'include.when.0.referrer'],
    [{ exclude: { when: [{}, { site: [] }] } }, 'exclude.when.1.site'],
    [{ transforms: [{ kind: 'exposure', steps: 3 }] }, 'transforms.0.steps'],
    [{ transforms: [{ kind: 'include' }] }, 'transforms.0.channels'],
    [{ model: 'custom' }, 'stages'],
    [{ model: 'custom', stages: [{ stage: 'first-touch', share: 0.9 }] }, 'stages'],
    [{ model: 'custom', stages: [{ stage: 'demo', share: 1 }] }, 'stages.0.stage'],
    [{ model: 'custom', stages: [{ stage: 'closed-won', share: 1, action: 'x' }] }, 'stages.0.stage'],
    [
      {
        model: 'custom',
        stages: [
          { stage: 'first-touch', share: 0.5 },
          { stage: 'first-touch', share: 0.5 },
        ],
      },
      'stages.1.stage',
    ],
    [{ surprise: 1 }, 'surprise'],
  ])('is invalid with %j', (part, path) =>
    expect(validateBody('attribution', { ...good, ...part } as Json)?.path).toBe(path),
  );
});
