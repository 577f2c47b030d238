import { specFor } from '@baton/kernel/testing';
import { importDecider } from './import.decider';

const importId = 'crm';
const started = (run: number, file: string) => ({ type: 'ImportStarted' as const, data: { importId, run, file } });
const start = (file: string) => ({ type: 'StartImport' as const, data: { importId, file } });
const result = { rows: 3, accepted: 2, repeated: 0, rejected: 1, events: 4 };
const finished = (run: number) => ({ type: 'ImportFinished' as const, data: { importId, run, ...result } });
const finish = (run: number) => ({ type: 'FinishImport' as const, data: { importId, run, ...result } });

const given = specFor(importDecider);

describe('the runs of an import', () => {
  it('are numbered from 1', () => {
    given().when(start('a')).then(started(1, 'a'));
    given(started(1, 'a'), finished(1)).when(start('b')).then(started(2, 'b'));
  });
  it('continue with the same file, whether the run was stopped or has finished', () => {
    given(started(1, 'a')).when(start('a')).then();
    given(started(1, 'a'), finished(1)).when(start('a')).then();
  });
  it('start again with a file from before the latest one', () => {
    given(started(1, 'a'), finished(1), started(2, 'b'), finished(2)).when(start('a')).then(started(3, 'a'));
  });
  it('start again with a file that was replaced while it was stopped', () => {
    given(started(1, 'a'), started(2, 'b')).when(start('a')).then(started(3, 'a'));
  });
  it('finish once, and only the latest can finish', () => {
    given(started(1, 'a')).when(finish(1)).then(finished(1));
    given(started(1, 'a'), finished(1)).when(finish(1)).then();
    given(started(1, 'a'), started(2, 'b')).when(finish(1)).thenRefused('import/overtaken');
  });
});
