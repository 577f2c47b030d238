import { NotFound, Refused } from '@baton/kernel';
import { HeavyWork } from './heavy-work';

describe('heavy work', () => {
  const works: Record<string, (data: { of: number }) => Promise<unknown>> = {
    double: async ({ of }) => ({ answer: of * 2, about: undefined }),
    refuse: async ({ of }) => {
      throw new Refused('some/code', 'Ask for less.', 'of', { of });
    },
    fail: async () => {
      throw new NotFound('some/thing', 'It is not there.');
    },
  };
  const made = (name: string) => {
    const [here, there] = [new HeavyWork(), new HeavyWork()];
    const act = here.register(name, works[name]!);
    const asked: string[] = [];
    there.register(name, works[name]!);
    const send = () =>
      (here.runRemotely = (question, caller) => {
        asked.push(`${question.work} for ${caller}`);
        return there.answer(JSON.parse(JSON.stringify(question)) as typeof question);
      });
    return { act: () => act({ of: 4 }, 'ann'), send, asked };
  };

  it('is answered elsewhere as here', async () => {
    const { act, send, asked } = made('double');
    expect(await act()).toEqual({ answer: 8 });
    expect(asked).toEqual([]);
    send();
    expect(await act()).toEqual({ answer: 8 });
    expect(asked).toEqual(['double for ann']);
  });

  it('is refused elsewhere as here', async () => {
    const { act, send } = made('refuse');
    const refusal = { code: 'some/code', message: 'Ask for less.', path: 'of', details: { of: 4 } };
    await expect(act()).rejects.toMatchObject(refusal);
    send();
    const error: unknown = await act().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Refused);
    expect(error).toMatchObject(refusal);
  });

  it('passes a fault on', async () => {
    const { act, send } = made('fail');
    send();
    await expect(act()).rejects.toBeInstanceOf(NotFound);
  });
});
