import { Refused } from '@baton/kernel';

/** What is done, by its name, with what plain data. */
export interface WorkQuestion {
  readonly work: string;
  readonly data: unknown;
}
/** What came of it, as JSON. */
type WorkAnswer =
  { readonly done: unknown } | { readonly refused: Pick<Refused, 'code' | 'message' | 'path' | 'details'> };

type WorkHandler = (data: never) => Promise<unknown>;

/**
 * Work that holds up the event loop or takes much memory: it is done by another process where there is one for it, else
 * here. The same application runs there, and offers the same work.
 */
export class HeavyWork {
  private readonly handlers = new Map<string, WorkHandler>();
  /** Set by whoever has processes for it. @returns the answer as JSON */
  runRemotely: ((question: WorkQuestion, caller: string) => Promise<string>) | undefined;

  /**
   * @param work takes and gives plain JSON
   * @returns does it, for a caller: here or elsewhere, with the same answer
   * @throws what the work refuses; `query/too-costly`, `overload/busy` and `query/cancelled` of the other process
   */
  register<Q, A>(name: string, work: (data: Q) => Promise<A>): (data: Q, caller: string) => Promise<A> {
    this.handlers.set(name, work);
    return async (data, caller) => {
      if (!this.runRemotely) return work(data);
      const answer = JSON.parse(await this.runRemotely({ work: name, data }, caller)) as WorkAnswer;
      if ('done' in answer) return answer.done as A;
      const { code, message, path, details } = answer.refused;
      throw new Refused(code, message, path, details);
    };
  }

  /** The other side. @returns the answer as JSON */
  async answer({ work, data }: WorkQuestion): Promise<string> {
    const answer = await this.handlers.get(work)!(data as never).then(
      (done): WorkAnswer => ({ done }),
      (error: unknown): WorkAnswer => {
        if (!(error instanceof Refused)) throw error;
        const { code, message, path, details } = error;
        return { refused: { code, message, path, details } };
      },
    );
    return JSON.stringify(answer);
  }
}
