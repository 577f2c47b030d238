import { specFor } from '@baton/kernel/testing';
import { headDecider } from './head.decider';

const given = specFor(headDecider);
const [rootA, rootB] = ['A', 'B'].map((letter) => letter.repeat(44)) as [string, string];
const head = (size: number, root = rootA, places = rootA) => ({
  ...{ headId: 'log', size, root, places },
  ...{ note: `note of ${size}`, verifierKey: 'log+00000000+AQ==' },
});
const record = (...of: Parameters<typeof head>) => ({ type: 'RecordLogHead' as const, data: head(...of) });
const signed = (...of: Parameters<typeof head>) => ({ type: 'LogHeadSigned' as const, data: head(...of) });

describe('a head of the Merkle log', () => {
  it('is recorded', () => given().when(record(0)).then(signed(0)));
  it('is recorded for a larger log', () => given(signed(5)).when(record(6, rootB)).then(signed(6, rootB)));
  it('is recorded once', () => given(signed(5)).when(record(5)).then());
  it('is refused where the log has become shorter', () =>
    given(signed(5)).when(record(4)).thenRefused('proof/older-head'));
  it.each([
    [rootB, rootA],
    [rootA, rootB],
  ])('is refused where the log was changed', (root, places) =>
    given(signed(5))
      .when(record(5, root, places))
      .thenRefused('proof/conflicting-head'),
  );
});
