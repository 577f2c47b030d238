import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a refusal has to say. */
const AGAIN_SECONDS = 2;
const AGAIN = new RegExp(`retry-after: ${AGAIN_SECONDS}\r\n`, 'i');
const OPEN_AT_ONCE = 100;
const MUTATION = 'mutation($c:ID!,$i:CaptureLeadInput!){it:captureLead(commandId:$c,input:$i){__typename}}';

/** The lead that the nth request captures. */
export const leadOf = (n: number): string => `flood-${String(n).padStart(9, '0')}`;
const requestOf = (token: string) => {
  const body = (n: number) =>
    JSON.stringify({ query: MUTATION, variables: { c: `c-${leadOf(n)}`, i: { leadId: leadOf(n), source: 'web' } } });
  const head =
    'POST /graphql HTTP/1.1\r\nhost: baton\r\ncontent-type: application/json\r\n' +
    `authorization: Bearer ${token}\r\ncontent-length: ${body(0).length}\r\n\r\n`;
  return (n: number) => head + body(n);
};

/** What became of what was sent. */
export interface Told {
  /** Requests sent; one that is sent again counts again. */
  sent: number;
  accepted: number;
  /** 503 or 429 that say when to come again. */
  refused: number;
  /** Any other answer, by its first line and body. */
  readonly others: string[];
  /** Connections that ended without an answer. */
  broken: number;
}
/** What was told in so many seconds, and the CPU seconds that the server took meanwhile; NaN where unknown. */
export interface Measured extends Readonly<Told> {
  readonly seconds: number;
  readonly cpu: number;
}
export interface Target {
  readonly port: number;
  /** Of several callers, as one alone may not hold all places. */
  readonly tokens: readonly string[];
  /** CPU seconds so far. */
  cpu(): number;
}
interface Line {
  readonly socket: Socket;
  readonly request: (n: number) => string;
  readonly n: number;
  /** Does it come again only after the time that a refusal says? */
  readonly patient: boolean;
  asked: number;
  heard: string;
}

/**
 * Callers that cost little themselves: kept connections and requests that are texts already. Every other one ignores
 * Retry-After. What is refused is sent again under the same command id.
 */
export class Flood {
  /** Requests that were accepted, by number. */
  readonly accepted: number[] = [];
  /** Refusals in all. */
  refusals = 0;
  private told: Told = this.nothing();
  private next = 0;
  private readonly free: Line[] = [];
  private again: number[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  /** Lines that send at once when an answer is there. */
  private closedLoop = false;

  private readonly lines: Line[] = [];
  /** Connections that are being replaced. */
  private opening = 0;

  private constructor(private readonly target: Target) {}

  static async connect(target: Target, connections: number): Promise<Flood> {
    const flood = new Flood(target);
    // Many at once: the server closes the first ones where the last come more than a minute later.
    for (let n = 0; n < connections; n += OPEN_AT_ONCE) {
      const some = Array.from({ length: Math.min(OPEN_AT_ONCE, connections - n) }, (_, index) => n + index);
      await Promise.all(some.map((index) => flood.open(index)));
    }
    return flood;
  }

  /** @param n decides whose connection it is, and whether it is a patient one */
  private async open(n: number): Promise<void> {
    const { port, tokens } = this.target;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }).setEncoding('latin1');
    // A connection that never asked anything is closed after some seconds.
    socket.write('GET /health/live HTTP/1.1\r\nhost: baton\r\n\r\n');
    await once(socket, 'data');
    const request = requestOf(tokens[n % tokens.length]!);
    const line = { socket, request, n, patient: (n >> 2) % 2 === 0, asked: -1, heard: '' };
    socket.on('data', (text: string) => this.hear(line, text));
    socket.on('error', () => undefined).on('close', () => this.lose(line));
    this.lines.push(line);
    this.free.push(line);
  }

  /** The server ends a connection after its answer: another one takes its place. */
  private async replace(line: Line): Promise<void> {
    this.lines.splice(this.lines.indexOf(line), 1);
    line.socket.destroy();
    this.opening++;
    await this.open(line.n).finally(() => this.opening--);
    if (this.closedLoop) this.send();
  }

  /** So many requests are in flight all the time. */
  inFlight(count: number, ms: number): Promise<Measured> {
    return this.measured(ms, async (until) => {
      this.closedLoop = true;
      for (let n = 0; n < count; n++) this.send();
      await sleep(until - performance.now());
      this.closedLoop = false;
    });
  }

  /** So many requests are sent a second, whatever becomes of those before. */
  offer(perSecond: number, ms: number): Promise<Measured> {
    return this.measured(ms, async (until) => {
      const begin = performance.now();
      for (let [now, sent] = [begin, 0]; now < until; now = performance.now()) {
        while (sent < ((now - begin) / 1000) * perSecond && this.send()) sent++;
        await sleep(1);
      }
    });
  }

  close(): void {
    for (const { socket } of this.lines) socket.destroy();
  }

  /** Counts the second half of the time, when it is as full as it gets; then waits for the answers still to come. */
  private async measured(ms: number, work: (until: number) => Promise<void>): Promise<Measured> {
    let [begin, cpu] = [0, 0];
    const count = () => {
      [begin, cpu] = [performance.now(), this.target.cpu()];
      this.told = this.nothing();
    };
    count();
    const { others } = this.told;
    const half = setTimeout(count, ms / 2);
    await work(begin + ms);
    clearTimeout(half);
    const told = { ...this.told, seconds: (performance.now() - begin) / 1000, cpu: this.target.cpu() - cpu };
    // The server ends a connection whose answer it does not give.
    while (this.opening > 0 || this.free.length < this.lines.length) await sleep(10);
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    this.again = [];
    told.broken = this.told.broken;
    told.others.push(...others);
    return told;
  }

  private nothing(): Told {
    return { sent: 0, accepted: 0, refused: 0, others: [], broken: 0 };
  }

  /** @returns whether a connection was free */
  private send(): boolean {
    const line = this.free.pop();
    if (!line) return false;
    line.asked = this.again.pop() ?? this.next++;
    this.told.sent++;
    line.socket.write(line.request(line.asked), 'latin1');
    return true;
  }

  private hear(line: Line, text: string): void {
    line.heard += text;
    const headers = line.heard.indexOf('\r\n\r\n');
    const length = /content-length: (\d+)/i.exec(line.heard)?.[1];
    if (headers < 0 || !length || line.heard.length < headers + 4 + Number(length)) return;
    const answer = line.heard;
    line.heard = '';
    const { asked } = line;
    line.asked = -1;
    const ends = /^connection: close/im.test(answer.slice(0, headers));
    if (ends) void this.replace(line);
    else this.free.push(line);
    const status = answer.slice(9, 12);
    if (status === '200' && answer.includes('"Accepted"')) {
      this.told.accepted++;
      this.accepted.push(asked);
    } else if ((status === '503' || status === '429') && AGAIN.test(answer)) {
      this.told.refused++;
      this.refusals++;
      if (!line.patient) this.again.push(asked);
      else {
        const timer = setTimeout(() => (this.timers.delete(timer), this.again.push(asked)), AGAIN_SECONDS * 1000);
        this.timers.add(timer);
      }
    } else this.told.others.push(`${answer.slice(0, answer.indexOf('\r\n'))} ${answer.slice(headers + 4)}`);
    if (this.closedLoop && !ends) this.send();
  }

  private lose(line: Line): void {
    const known = this.lines.indexOf(line);
    if (known >= 0) this.lines.splice(known, 1);
    const free = this.free.indexOf(line);
    if (free >= 0) this.free.splice(free, 1);
    if (line.asked >= 0) this.told.broken++;
  }
}
