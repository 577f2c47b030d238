import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { Conflict, Refused } from '@baton/kernel';
import { machineTimers, type Timers } from './runner/timers';

/** What a thread is sent: one question at a time. */
export interface Asked<Q> {
  readonly question: Q;
}
/** What a thread says: that it is ready, the answer, or how many bytes it holds beside V8’s own heap. */
export type Said<A> =
  { readonly ready: true } | { readonly answer: A } | { readonly fault: string } | { readonly bytesBeside: number };

export interface ThreadOptions {
  /** The compiled file that a thread runs. */
  readonly file: string;
  /** What it is given at its start. */
  readonly data?: unknown;
  readonly size: number;
  /** Time of one question, once a thread has it. */
  readonly seconds: number;
  /** Memory of a thread: its heap, and beside it as much again in typed arrays. */
  readonly megabytes: number;
  readonly timers?: Timers;
}

interface Waiting<Q, A> {
  readonly question: Q;
  readonly caller: string;
  readonly leaves: AbortSignal | undefined;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: Error) => void;
}

/** Questions of one caller that wait or are being answered. */
const OF_ONE_CALLER = 4;
/** Questions that wait, of all callers. */
const IN_ALL = 64;

const tooCostly = (what: string) =>
  new Refused(
    'query/too-costly',
    `This question takes more ${what} than one may. Ask for a shorter period, a smaller order or bootstrap, or fewer fields at once; reports without this limit come from the command line.`,
  );
const left = () => new Conflict('query/cancelled', 'Nobody waits for this answer any more.');
const stopping = () => new Conflict('query/cancelled', 'This process stops; send the question again.');
const busy = () =>
  new Conflict('overload/busy', 'Too many questions of this kind wait; send it again when others are answered.');

/**
 * Answers questions in threads of their own, so that none of them holds up the event loop. Each has a budget of time,
 * counted here, and of memory: whoever spends it is ended with its thread, as is the question of a caller who leaves.
 * Threads begin when there is something to ask. Callers take turns; while several threads run, one of them is left to
 * others, and what a caller has waiting is bounded.
 */
export class Threads<Q, A> {
  private readonly threads = new Set<Thread<Q, A>>();
  private readonly ending = new Set<Promise<unknown>>();
  /** By caller, in turn. */
  private readonly waiting = new Map<string, Waiting<Q, A>[]>();
  private readonly running = new Map<string, number>();
  private closed = false;

  private constructor(private readonly options: ThreadOptions) {}

  /** @returns undefined where no thread is wanted, or its file is not compiled: then the asker answers by itself */
  static of<Q, A>(options: ThreadOptions): Threads<Q, A> | undefined {
    return options.size > 0 && existsSync(options.file) ? new Threads(options) : undefined;
  }

  /**
   * @param caller whose turn it is; @param leaves aborts when nobody waits for the answer any more
   * @throws Refused `query/too-costly`; Conflict `query/cancelled`, `overload/busy`
   */
  ask(question: Q, caller: string, leaves?: AbortSignal): Promise<A> {
    return new Promise((resolve, reject) => {
      if (this.closed) throw stopping();
      if (leaves?.aborted) throw left();
      const own = this.waiting.get(caller) ?? [];
      const all = [...this.waiting.values()].reduce((sum, { length }) => sum + length, 0);
      if (own.length + (this.running.get(caller) ?? 0) >= OF_ONE_CALLER || all >= IN_ALL) throw busy();
      const one = { question, caller, leaves, resolve, reject };
      this.waiting.set(caller, [...own, one]);
      leaves?.addEventListener('abort', () => this.forget(one), { once: true });
      this.next();
    });
  }

  /** Ends what runs and what waits at once. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { reject } of [...this.waiting.values()].flat()) reject(stopping());
    this.waiting.clear();
    for (const thread of this.threads) thread.end(stopping());
    await Promise.all(this.ending);
  }

  private forget(one: Waiting<Q, A>): void {
    const own = this.waiting.get(one.caller) ?? [];
    if (!own.includes(one)) return; // it runs, or has run
    this.leave(own, one);
    one.reject(left());
  }

  private leave(own: readonly Waiting<Q, A>[], one: Waiting<Q, A>): void {
    this.waiting.delete(one.caller);
    const others = own.filter((other) => other !== one);
    if (others.length > 0) this.waiting.set(one.caller, others); // behind all other callers
  }

  /** Gives what waits to threads that are free. */
  private next(): void {
    const most = Math.max(1, this.options.size - 1);
    for (const [caller, own] of [...this.waiting]) {
      if ((this.running.get(caller) ?? 0) >= most) continue;
      const thread = [...this.threads].find(({ isFree }) => isFree) ?? this.begin();
      if (!thread) return;
      this.leave(own, own[0]!);
      void this.run(thread, own[0]!);
    }
  }

  private begin(): Thread<Q, A> | undefined {
    if (this.closed || this.threads.size >= this.options.size) return undefined;
    const thread = new Thread<Q, A>(this.options, (ended) => {
      this.threads.delete(thread);
      this.ending.add(ended);
      void ended.finally(() => {
        this.ending.delete(ended);
        this.next();
      });
    });
    this.threads.add(thread);
    return thread;
  }

  private async run(thread: Thread<Q, A>, { question, caller, leaves, resolve, reject }: Waiting<Q, A>): Promise<void> {
    const count = (more: number) => {
      const now = (this.running.get(caller) ?? 0) + more;
      if (now > 0) this.running.set(caller, now);
      else this.running.delete(caller);
    };
    const leave = () => thread.end(left());
    count(1);
    leaves?.addEventListener('abort', leave, { once: true });
    try {
      resolve(await thread.answer(question));
    } catch (error) {
      reject(error as Error);
    } finally {
      leaves?.removeEventListener('abort', leave);
      count(-1);
      this.next();
    }
  }
}

/** One thread: it answers one question at a time, and goes with the one that spends its budget. */
class Thread<Q, A> {
  private readonly worker: Worker;
  private readonly ready: Promise<void>;
  private asked: { readonly resolve: (answer: A) => void; readonly reject: (error: Error) => void } | undefined;
  private ended: Error | undefined;

  constructor(
    private readonly options: ThreadOptions,
    private readonly onEnd: (ended: Promise<unknown>) => void,
  ) {
    const { file, data, megabytes } = options;
    this.worker = new Worker(file, {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: megabytes, maxYoungGenerationSizeMb: Math.max(4, megabytes / 16) },
    });
    this.worker.unref(); // a process ends when nothing else holds it
    this.ready = new Promise((resolve, reject) => {
      this.worker.on('message', (said: Said<A>) => {
        if ('ready' in said) resolve();
        else if ('bytesBeside' in said) {
          if (said.bytesBeside > megabytes * 2 ** 20) this.end(tooCostly('memory'));
        } else if ('fault' in said) this.settle(({ reject }) => reject(new Error(said.fault)));
        else this.settle(({ resolve }) => resolve(said.answer));
      });
      this.worker.on('error', (error: Error & { code?: string }) => {
        const why = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooCostly('memory') : error;
        reject(why);
        this.end(why);
      });
      this.worker.on('exit', (code) => {
        const why = this.ended ?? new Error(`a thread ended with ${code}`);
        reject(why);
        this.end(why);
      });
    });
    this.ready.catch(() => undefined);
  }

  get isFree(): boolean {
    return !this.asked && !this.ended;
  }

  async answer(question: Q): Promise<A> {
    const { seconds, timers = machineTimers } = this.options;
    const answered = new AbortController();
    const answer = new Promise<A>((resolve, reject) => (this.asked = { resolve, reject }));
    answer.catch(() => undefined);
    try {
      await this.ready; // to begin is nothing that the question costs
      const asked: Asked<Q> = { question };
      this.worker.postMessage(asked);
      void timers.delay(seconds * 1000, answered.signal).then(
        () => this.end(tooCostly('time')),
        () => undefined,
      );
      return await answer;
    } finally {
      answered.abort();
      this.asked = undefined;
    }
  }

  end(why: Error): void {
    if (this.ended) return;
    this.ended = why;
    this.settle(({ reject }) => reject(why));
    this.onEnd(this.worker.terminate());
  }

  private settle(by: (asked: NonNullable<typeof this.asked>) => void): void {
    if (this.asked) by(this.asked);
  }
}
