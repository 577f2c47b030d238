import { fork, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Conflict, Refused } from '@baton/kernel';
import { machineTimers, type Timers } from './timers';

/** What a process is sent first: what it needs to begin. */
export interface StartMessage {
  readonly begin: unknown;
}
/** What it is sent when it is ready: one question at a time. */
export interface QuestionMessage<Q> {
  readonly question: Q;
}
/** What it says: that it is ready, the answer, or how many bytes it holds beside V8’s own heap. */
export type ProcessMessage<A> =
  { readonly ready: true } | { readonly answer: A } | { readonly fault: string } | { readonly externalBytes: number };

export interface QueryProcessOptions {
  /** The compiled file that a process runs. */
  readonly file: string;
  /** What it is given at its start. */
  readonly data?: unknown;
  readonly size: number;
  /** Time of one question, once a process has it. */
  readonly seconds: number;
  /** Memory of a process: its heap, and beside it as much again in typed arrays. */
  readonly megabytes: number;
  readonly timers?: Timers;
}

interface WaitingQuestion<Q, A> {
  readonly question: Q;
  readonly caller: string;
  readonly cancelSignal: AbortSignal | undefined;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: Error) => void;
}

/** Questions of one caller that wait or are being answered. */
const MAX_PER_CALLER = 4;
/** Questions that wait, of all callers. */
const MAX_WAITING = 64;

const tooCostly = (what: string) =>
  new Refused(
    'query/too-costly',
    `This query exceeds the limit of ${what}. Ask for a shorter period, a smaller order or bootstrap, or fewer fields; reports of the command line have no such limit.`,
  );
const callerLeft = () => new Conflict('query/cancelled', 'The client closed the connection before the answer.');
const stopping = () => new Conflict('query/cancelled', 'This process is stopping; send the query again.');
const busy = () => new Conflict('overload/busy', 'Too many heavy queries are waiting; try again later.');

/**
 * Answers questions in processes of their own, so that none of them holds up the event loop. Each has a budget of time,
 * counted here, and of memory: whoever spends it is ended with its process, as is the question of a caller who leaves.
 * Processes begin when there is something to ask. Callers take turns; while several run, one of them is left to others,
 * and what a caller has waiting is bounded.
 *
 * They are no worker threads: one that is terminated, or at the end of its heap, in the middle of a call of SQLite takes
 * the whole process with it (an exception of Node-API that nobody can catch).
 */
export class QueryProcesses<Q, A> {
  private readonly processes = new Set<QueryProcess<Q, A>>();
  private readonly ending = new Set<Promise<unknown>>();
  /** By caller, in turn. */
  private readonly waiting = new Map<string, WaitingQuestion<Q, A>[]>();
  private readonly running = new Map<string, number>();
  private closed = false;

  private constructor(private readonly options: QueryProcessOptions) {}

  /** @returns undefined where none is wanted, or its file is not compiled: then the asker answers by itself */
  static of<Q, A>(options: QueryProcessOptions): QueryProcesses<Q, A> | undefined {
    return options.size > 0 && existsSync(options.file) ? new QueryProcesses(options) : undefined;
  }

  /**
   * @param caller whose turn it is; @param cancelSignal aborts when nobody waits for the answer any more
   * @throws Refused `query/too-costly`; Conflict `query/cancelled`, `overload/busy`
   */
  ask(question: Q, caller: string, cancelSignal?: AbortSignal): Promise<A> {
    return new Promise((resolve, reject) => {
      if (this.closed) throw stopping();
      if (cancelSignal?.aborted) throw callerLeft();
      const own = this.waiting.get(caller) ?? [];
      const all = [...this.waiting.values()].reduce((sum, { length }) => sum + length, 0);
      if (own.length + (this.running.get(caller) ?? 0) >= MAX_PER_CALLER || all >= MAX_WAITING) throw busy();
      const one = { question, caller, cancelSignal, resolve, reject };
      this.waiting.set(caller, [...own, one]);
      cancelSignal?.addEventListener('abort', () => this.cancelWaiting(one), { once: true });
      this.startWaiting();
    });
  }

  /** Ends what runs and what waits at once. */
  async close(): Promise<void> {
    this.closed = true;
    for (const { reject } of [...this.waiting.values()].flat()) reject(stopping());
    this.waiting.clear();
    for (const worker of this.processes) worker.end(stopping());
    await Promise.all(this.ending);
  }

  private cancelWaiting(one: WaitingQuestion<Q, A>): void {
    const own = this.waiting.get(one.caller) ?? [];
    if (!own.includes(one)) return; // it runs, or has run
    this.dequeue(own, one);
    one.reject(callerLeft());
  }

  private dequeue(own: readonly WaitingQuestion<Q, A>[], one: WaitingQuestion<Q, A>): void {
    this.waiting.delete(one.caller);
    const others = own.filter((other) => other !== one);
    if (others.length > 0) this.waiting.set(one.caller, others); // behind all other callers
  }

  /** Gives what waits to processes that are free. */
  private startWaiting(): void {
    const most = Math.max(1, this.options.size - 1);
    for (const [caller, own] of [...this.waiting]) {
      if ((this.running.get(caller) ?? 0) >= most) continue;
      const worker = [...this.processes].find(({ isFree }) => isFree) ?? this.startProcess();
      if (!worker) return;
      this.dequeue(own, own[0]!);
      void this.run(worker, own[0]!);
    }
  }

  private startProcess(): QueryProcess<Q, A> | undefined {
    if (this.closed || this.processes.size >= this.options.size) return undefined;
    const worker = new QueryProcess<Q, A>(this.options, (ended) => {
      this.processes.delete(worker);
      this.ending.add(ended);
      void ended.finally(() => {
        this.ending.delete(ended);
        this.startWaiting();
      });
    });
    this.processes.add(worker);
    return worker;
  }

  private async run(
    worker: QueryProcess<Q, A>,
    { question, caller, cancelSignal, resolve, reject }: WaitingQuestion<Q, A>,
  ): Promise<void> {
    const count = (more: number) => {
      const now = (this.running.get(caller) ?? 0) + more;
      if (now > 0) this.running.set(caller, now);
      else this.running.delete(caller);
    };
    const leave = () => worker.end(callerLeft());
    count(1);
    cancelSignal?.addEventListener('abort', leave, { once: true });
    try {
      resolve(await worker.answer(question));
    } catch (error) {
      reject(error as Error);
    } finally {
      cancelSignal?.removeEventListener('abort', leave);
      count(-1);
      this.startWaiting();
    }
  }
}

/** What ends a process that goes beyond its heap; the system's own killer, which nobody here has asked, does likewise. */
const OUT_OF_MEMORY: readonly (string | number | null)[] = ['SIGABRT', 'SIGTRAP', 'SIGKILL', 134];
/** V8's young generation holds three semi-spaces; it is to be a sixteenth of the heap. */
const SEMI_SPACES = 48;

/** Passes on what a process logs, but not V8’s report of a heap that is full: that is told as what a question costs. */
const forwardLog = (log: Socket): void => {
  let isReport = false;
  log.unref();
  createInterface({ input: log }).on('line', (line) => {
    isReport ||= line.startsWith('<--- Last few GCs');
    if (!isReport && line !== '') process.stderr.write(`${line}\n`);
  });
};

/** One process: it answers one question at a time, and goes with the one that spends its budget. */
class QueryProcess<Q, A> {
  private readonly child: ChildProcess;
  private readonly ready: Promise<void>;
  private readonly gone: Promise<void>;
  private pending: { readonly resolve: (answer: A) => void; readonly reject: (error: Error) => void } | undefined;
  private ended: Error | undefined;

  constructor(
    private readonly options: QueryProcessOptions,
    private readonly onEnd: (ended: Promise<unknown>) => void,
  ) {
    const { file, data, megabytes } = options;
    const semiSpace = Math.max(1, Math.round(megabytes / SEMI_SPACES));
    this.child = fork(file, [], {
      execArgv: [`--max-old-space-size=${megabytes}`, `--max-semi-space-size=${semiSpace}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    forwardLog(this.child.stderr as Socket);
    this.child.unref(); // a process ends when nothing else holds it
    this.child.channel?.unref();
    const kill = () => this.child.kill('SIGKILL');
    process.once('exit', kill); // one that never lets go would not see that nobody is there any more
    let [isReady, isGone] = [() => {}, () => {}];
    this.gone = new Promise((resolve) => (isGone = resolve));
    this.ready = new Promise((resolve, reject) => {
      isReady = resolve;
      const leave = (why: Error) => {
        process.off('exit', kill);
        isGone();
        reject(this.ended ?? why);
        this.end(why);
      };
      this.child.on('error', leave);
      this.child.on('exit', (code, signal) =>
        leave(
          OUT_OF_MEMORY.includes(signal ?? code)
            ? tooCostly('memory')
            : new Error(`a process that answers ended with ${signal ?? code}`),
        ),
      );
    });
    this.ready.catch(() => undefined);
    this.child.on('message', (said: ProcessMessage<A>) => {
      if ('ready' in said) isReady();
      else if ('externalBytes' in said) {
        if (said.externalBytes > megabytes * 2 ** 20) this.end(tooCostly('memory'));
      } else if ('fault' in said) this.settlePending(({ reject }) => reject(new Error(said.fault)));
      else this.settlePending(({ resolve }) => resolve(said.answer));
    });
    this.send({ begin: data });
  }

  get isFree(): boolean {
    return !this.pending && !this.ended;
  }

  async answer(question: Q): Promise<A> {
    const { seconds, timers = machineTimers } = this.options;
    const answered = new AbortController();
    const answer = new Promise<A>((resolve, reject) => (this.pending = { resolve, reject }));
    answer.catch(() => undefined);
    try {
      await this.ready; // to begin is nothing that the question costs
      this.send({ question });
      void timers.delay(seconds * 1000, answered.signal).then(
        () => this.end(tooCostly('time')),
        () => undefined,
      );
      return await answer;
    } finally {
      answered.abort();
      this.pending = undefined;
    }
  }

  end(why: Error): void {
    if (this.ended) return;
    this.ended = why;
    this.settlePending(({ reject }) => reject(why));
    this.child.kill('SIGKILL');
    this.onEnd(this.gone);
  }

  private send(message: StartMessage | QuestionMessage<Q>): void {
    this.child.send(message, () => undefined); // one that has ended meanwhile is told by its end
  }

  private settlePending(by: (asked: NonNullable<typeof this.pending>) => void): void {
    if (this.pending) by(this.pending);
  }
}
