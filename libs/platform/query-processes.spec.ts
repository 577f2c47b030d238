import { join } from 'node:path';
import { codeOf } from '@baton/kernel';
import { eventually } from '@baton/kernel/testing';
import { QueryProcesses, type QueryProcessOptions } from './query-processes';

interface Question {
  readonly act: string;
  readonly text?: string;
}
const file = join(__dirname, '..', '..', 'test', 'support', 'question-process.js');

/** Time that ends when the test says so. */
class Budgets {
  private readonly ends = new Set<() => void>();
  now = () => 0;
  delay = (_: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      this.ends.add(resolve);
      signal?.addEventListener('abort', () => {
        this.ends.delete(resolve);
        reject(new Error('not needed any more'));
      });
      this.begun?.();
    });
  private begun: (() => void) | undefined;
  /** Resolves when the time of a question begins to run. */
  running = () => new Promise<void>((resolve) => (this.ends.size > 0 ? resolve() : (this.begun = resolve)));
  spend = () => this.ends.forEach((end) => end());
}

const opened: QueryProcesses<Question, string>[] = [];
const budgets = () => new Budgets();
const processes = (options: Partial<QueryProcessOptions> = {}) => {
  const made = QueryProcesses.of<Question, string>({ file, size: 2, seconds: 20, megabytes: 32, ...options })!;
  opened.push(made);
  return made;
};
const echo = (text: string): Question => ({ act: 'echo', text });
const code = (asked: Promise<unknown>) => asked.then(() => 'answered', codeOf);

describe('processes that answer heavy questions', () => {
  afterEach(() => Promise.all(opened.splice(0).map((one) => one.close())));

  it('answer', async () => {
    const asked = processes();
    expect(await Promise.all(['a', 'b', 'c'].map((text) => asked.ask(echo(text), 'ann')))).toEqual(['a', 'b', 'c']);
  });

  it('are none where none is wanted, or the code is not compiled', () => {
    const options = { file, size: 2, seconds: 20, megabytes: 32 };
    expect(QueryProcesses.of({ ...options, size: 0 })).toBeUndefined();
    expect(QueryProcesses.of({ ...options, file: `${file}.ts` })).toBeUndefined();
  });

  it('end a question that has spent its time, even one that never lets go, and answer the next', async () => {
    const time = budgets();
    const asked = processes({ size: 1, timers: time });
    const spins = code(asked.ask({ act: 'spin' }, 'ann'));
    await time.running();
    time.spend();
    expect(await spins).toBe('query/too-costly');
    expect(await asked.ask(echo('next'), 'ann')).toBe('next');
  });

  it('end a question that takes more memory than it may, in the heap or beside it, and answer the next', async () => {
    const asked = processes({ size: 1 });
    expect(await code(asked.ask({ act: 'heap' }, 'ann'))).toBe('query/too-costly');
    expect(await code(asked.ask({ act: 'arrays' }, 'ann'))).toBe('query/too-costly');
    expect(await asked.ask(echo('next'), 'ann')).toBe('next');
  });

  it('end one that reads in a store, and nothing else with it', async () => {
    const asked = processes({ size: 1 });
    expect(await code(asked.ask({ act: 'read' }, 'ann'))).toBe('query/too-costly');
    expect(await asked.ask(echo('next'), 'ann')).toBe('next');
  });

  it('keep to their own limit of memory, whatever this process was started with', async () => {
    const { execArgv } = process;
    process.execArgv = ['--max-old-space-size=512'];
    try {
      expect(Number(await processes().ask({ act: 'limit' }, 'ann'))).toBeLessThan(100);
    } finally {
      process.execArgv = execArgv;
    }
  });

  it('pass on what is logged, between answers too, but not what V8 says of a heap that is full', async () => {
    const written: string[] = [];
    const write = jest.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    try {
      const asked = processes({ size: 1 });
      const log = async (text: string) => {
        await asked.ask({ act: 'log', text }, 'ann');
        await eventually(() => written.includes(`${text}\n`));
      };
      await log('before');
      expect(await code(asked.ask({ act: 'heap' }, 'ann'))).toBe('query/too-costly');
      await log('after');
      expect(written).toEqual(['before\n', 'after\n']);
    } finally {
      write.mockRestore();
    }
  });

  it('say what a question costs too much of, and what to do', async () => {
    const answer = await processes()
      .ask({ act: 'arrays' }, 'ann')
      .catch((error: unknown) => error);
    expect(answer).toMatchObject({ message: expect.stringMatching(/memory.*shorter period.*bootstrap/) as string });
  });

  it('end the question of a caller who leaves, whether it runs or waits', async () => {
    const time = budgets();
    const asked = processes({ size: 1, timers: time });
    const [runs, waits] = [new AbortController(), new AbortController()];
    const first = code(asked.ask({ act: 'spin' }, 'ann', runs.signal));
    const second = code(asked.ask(echo('never'), 'ann', waits.signal));
    const third = asked.ask(echo('third'), 'ann');
    await time.running();
    waits.abort();
    expect(await second).toBe('query/cancelled');
    runs.abort();
    expect(await first).toBe('query/cancelled');
    expect(await third).toBe('third');
    expect(await code(asked.ask(echo('gone'), 'ann', runs.signal))).toBe('query/cancelled');
  });

  it('leave one of them to others, however much one caller asks', async () => {
    const asked = processes({ size: 2 });
    const own = [1, 2, 3, 4].map(() => code(asked.ask({ act: 'wait' }, 'ann')));
    expect(await asked.ask(echo('bob'), 'bob')).toBe('bob');
    await asked.close();
    expect(await Promise.all(own)).toEqual(Array(4).fill('query/cancelled'));
  });

  it('let callers take turns where there is one of them', async () => {
    const asked = processes({ size: 1 });
    const order: string[] = [];
    const ask = (text: string, caller: string) => asked.ask(echo(text), caller).then((answer) => order.push(answer));
    await Promise.all([ask('ann 1', 'ann'), ask('ann 2', 'ann'), ask('ann 3', 'ann'), ask('bob 1', 'bob')]);
    expect(order).toEqual(['ann 1', 'ann 2', 'bob 1', 'ann 3']);
  });

  it('bound what waits: of one caller, and of all', async () => {
    const asked = processes({ size: 1 });
    const own = [1, 2, 3, 4].map(() => code(asked.ask({ act: 'wait' }, 'ann')));
    expect(await code(asked.ask(echo('one more'), 'ann'))).toBe('overload/busy');
    const others = Array.from({ length: 61 }, (_, n) => code(asked.ask({ act: 'wait' }, `caller ${n}`)));
    expect(await code(asked.ask(echo('too many'), 'bob'))).toBe('overload/busy');
    await asked.close();
    expect(new Set(await Promise.all([...own, ...others]))).toEqual(new Set(['query/cancelled']));
  });

  it('end at once when the process stops', async () => {
    const asked = processes();
    const runs = code(asked.ask({ act: 'spin' }, 'ann'));
    await asked.close();
    expect(await runs).toBe('query/cancelled');
    expect(await code(asked.ask(echo('late'), 'ann'))).toBe('query/cancelled');
  });

  it('pass on a fault, and begin anew after a process has died', async () => {
    const asked = processes({ size: 1 });
    await expect(asked.ask({ act: 'fault' }, 'ann')).rejects.toThrow('it cannot');
    await expect(asked.ask({ act: 'die' }, 'ann')).rejects.toThrow('a process that answers ended with 3');
    expect(await asked.ask(echo('next'), 'ann')).toBe('next');
  });
});
