import { randomUUID } from 'node:crypto';
import { Outbound, Refused, type Message } from '..';

/** A sender that records messages, and fails on demand. */
export class RecordingOutbound extends Outbound {
  /** Every call, in order. */
  readonly calls: Message[] = [];
  /** The messages that arrived: for each id the first one. */
  readonly arrived = new Map<string, Message>();
  /** Called for each message, to throw or to delay. */
  fault: (message: Message, signal: AbortSignal) => void | Promise<void> = () => undefined;

  async send(message: Message, signal: AbortSignal): Promise<string> {
    this.calls.push(message);
    await this.fault(message, signal);
    if (!this.arrived.has(message.id)) this.arrived.set(message.id, message);
    return `receipt-${[...this.arrived.keys()].indexOf(message.id) + 1}`;
  }
}

export interface OutboundUnderTest {
  readonly outbound: Outbound;
  /** The messages that the target has, by id. */
  readonly arrived: () => Promise<ReadonlyMap<string, Message>>;
  /** Sets how the target behaves: works, hangs, throws, or refuses messages of a template. */
  readonly behave: (how: 'works' | 'hangs' | 'fails' | { readonly refuses: string }) => void;
}

/**
 * The contract of `Outbound`.
 * @param open opens a sender and its target
 */
export const outboundContract = (name: string, open: () => Promise<OutboundUnderTest>): void =>
  describe(`${name} keeps the Outbound contract`, () => {
    let under: OutboundUnderTest;
    beforeEach(async () => void (under = await open()));
    const message = (template = 'lead-handed-off'): Message => ({
      ...{ id: randomUUID(), target: 'crm', kind: 'notification', to: 'rita', leadId: 'ada', template },
      data: { count: 1 },
    });
    const send = (sent: Message, signal = new AbortController().signal) => under.outbound.send(sent, signal);

    it('delivers a message completely', async () => {
      const sent = message();
      await send(sent);
      expect([...(await under.arrived())]).toEqual([[sent.id, sent]]);
    });
    it('does not act twice under one id, and returns the first answer', async () => {
      const [one, other] = [message(), message()];
      const first = await send(one);
      await send(other);
      expect(await send(one)).toBe(first);
      expect((await under.arrived()).size).toBe(2);
    });
    it('throws an error, but not Refused, while its target is unavailable', async () => {
      const sent = message();
      under.behave('fails');
      const fault = await send(sent).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(Error);
      expect(fault).not.toBeInstanceOf(Refused);
      under.behave('works');
      await send(sent);
      expect([...(await under.arrived()).keys()]).toEqual([sent.id]);
    });
    it('throws Refused for a message that the target will never accept', async () => {
      under.behave({ refuses: 'lead-handed-off' });
      await expect(send(message())).rejects.toBeInstanceOf(Refused);
      await expect(send(message('lead-hot'))).resolves.toBeDefined();
      expect((await under.arrived()).size).toBe(1);
    });
    it('fails when the signal aborts', async () => {
      under.behave('hangs');
      const waits = new AbortController();
      const answer = send(message(), waits.signal);
      waits.abort();
      await expect(answer).rejects.toBeDefined();
    });
  });
