import { randomUUID } from 'node:crypto';
import { Outbound, Refused, type Message } from '..';

/** A sender that keeps what it is given, and fails when it is told to. */
export class RecordingOutbound extends Outbound {
  /** Every call, in order. */
  readonly calls: Message[] = [];
  /** What has arrived: once for each id, the first time. */
  readonly arrived = new Map<string, Message>();
  /** Stands in the way of a call: throws, or takes its time. */
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
  /** What the target has, by id. */
  readonly arrived: () => Promise<ReadonlyMap<string, Message>>;
  /** From now on the target does not answer; or it takes nothing of this template; or all is well again. */
  readonly behave: (how: 'well' | 'silent' | 'away' | { readonly refuses: string }) => void;
}

/**
 * What every Outbound promises.
 * @param open gives a sender and its target
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

    it('brings a message whole', async () => {
      const sent = message();
      await send(sent);
      expect([...(await under.arrived())]).toEqual([[sent.id, sent]]);
    });
    it('does not act twice under one id, and answers as the first time', async () => {
      const [one, other] = [message(), message()];
      const first = await send(one);
      await send(other);
      expect(await send(one)).toBe(first);
      expect((await under.arrived()).size).toBe(2);
    });
    it('throws what is no refusal while its target is away, and brings the message later', async () => {
      const sent = message();
      under.behave('away');
      const fault = await send(sent).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(Error);
      expect(fault).not.toBeInstanceOf(Refused);
      under.behave('well');
      await send(sent);
      expect([...(await under.arrived()).keys()]).toEqual([sent.id]);
    });
    it('refuses what will never be taken', async () => {
      under.behave({ refuses: 'lead-handed-off' });
      await expect(send(message())).rejects.toBeInstanceOf(Refused);
      await expect(send(message('lead-hot'))).resolves.toBeDefined();
      expect((await under.arrived()).size).toBe(1);
    });
    it('gives up when nobody waits any more', async () => {
      under.behave('silent');
      const waits = new AbortController();
      const answer = send(message(), waits.signal);
      waits.abort();
      await expect(answer).rejects.toBeDefined();
    });
  });
