import {
  Controller,
  ForbiddenException,
  Get,
  Inject,
  Req,
  Res,
  ServiceUnavailableException,
  type BeforeApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { Documents, EventLog } from '@baton/kernel';
import { withDeadline } from '../link';
import { CONFIG } from '../platform.module';
import type { Config } from '../config';
import { Metrics } from '../telemetry';
import { Conservation, type CheckResult } from './conservation';
import { Progress, type FollowerProgress } from './progress';

const ANSWER_MS = 2_000;
/** A follower that is further behind gives answers that are too old to be served. */
const BEHIND_SECONDS = 60;

interface Request {
  readonly ip: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
interface Reply {
  header(name: string, value: string): unknown;
}

const withAnswerDeadline = <T>(answer: Promise<T>): Promise<T> =>
  withDeadline(answer, ANSWER_MS, () => new Error('no answer in time'));

/** What is said beside a code; the runbook says what to do. */
const messages: Readonly<Record<string, string>> = {
  'health/stopping': 'The process is stopping.',
  'health/store-unreachable': 'The log or the documents do not answer within two seconds.',
  'health/writes-refused': 'The log refuses new events.',
  'health/behind': 'A follower is more than a minute behind the log.',
  'health/incomplete': 'The last verification found events or documents that differ.',
};

const isBehind = ({ seconds }: FollowerProgress): boolean => seconds > BEHIND_SECONDS;
/** What a human should see; to take the process out would help nobody. */
const warningsOf = (followers: readonly FollowerProgress[], checks: readonly CheckResult[]): readonly string[] => [
  ...(followers.some(({ parked }) => parked > 0) ? ['health/parked'] : []),
  ...(followers.some((each) => each.kind === 'effect' && isBehind(each)) ? ['health/effect-behind'] : []),
  ...(checks.some(({ holds }) => !holds) ? ['health/conservation'] : []),
];

/** Why a process that reaches its stores should still be left alone; [] when it should not. */
const reasonsOf = (followers: readonly FollowerProgress[]): readonly string[] => [
  ...(followers.some((each) => each.kind !== 'effect' && isBehind(each)) ? ['health/behind'] : []),
  ...(followers.some(({ verified }) => verified?.complete === false) ? ['health/incomplete'] : []),
];

/** For whoever watches the process: is it alive, can it be asked, and what does it count? */
@Controller()
export class HealthController implements OnModuleInit, BeforeApplicationShutdown {
  private stopping = false;

  constructor(
    private readonly log: EventLog,
    private readonly documents: Documents,
    private readonly progress: Progress,
    private readonly conservation: Conservation,
    private readonly metrics: Metrics,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  onModuleInit(): void {
    this.metrics.collectProcessMetrics();
  }

  beforeApplicationShutdown(): void {
    this.stopping = true;
  }

  @Get('health/live')
  live() {
    return { status: 'live' };
  }

  /**
   * 200 where the stores answer, the log takes events, no follower is more than a minute behind and no verification found an event missing;
   * else 503 with the codes. Parked sequences, targets that messages do not reach, and numbers
   * that should be equal and are not, are told as warnings.
   */
  @Get('health/ready')
  async ready() {
    if (this.stopping) throw this.notReady(['health/stopping']);
    let followers: readonly FollowerProgress[];
    let checks: readonly CheckResult[];
    let refusal: string | undefined;
    try {
      [refusal] = await withAnswerDeadline(
        Promise.all([this.log.appendRefusal(), this.log.tip(), this.documents.generations()]),
      );
      followers = await withAnswerDeadline(this.progress.followers());
      checks = await withAnswerDeadline(this.conservation.latest());
    } catch {
      throw this.notReady(['health/store-unreachable']);
    }
    const codes = [...(refusal ? ['health/writes-refused', refusal] : []), ...reasonsOf(followers)];
    const warnings = warningsOf(followers, checks);
    const differing = checks.filter(({ holds }) => !holds);
    const more = { warnings, followers, ...(differing.length > 0 && { conservation: differing }) };
    if (codes.length > 0) throw this.notReady(codes, more);
    return { status: 'ready', codes, ...more };
  }

  @Get('metrics')
  async metricsText(@Req() request: Request, @Res({ passthrough: true }) reply: Reply): Promise<string> {
    if (!this.mayRead(request))
      throw new ForbiddenException({
        code: 'metrics/not-here',
        message: 'This address may not read the metrics; see BATON_METRICS.',
      });
    // Without its stores the process still tells what it counted itself.
    const followers = await withAnswerDeadline(this.progress.followers()).catch(() => []);
    reply.header('content-type', this.metrics.contentType);
    return this.metrics.text(followers);
  }

  private mayRead({ ip, headers }: Request): boolean {
    if (this.config.metrics !== 'local') return this.config.metrics === 'yes';
    // A proxy on this machine speaks for somebody else.
    const forwarded = headers['x-forwarded-for'] ?? headers['forwarded'];
    return forwarded === undefined && /^(127\.|::1$|::ffff:127\.)/.test(ip);
  }

  private notReady(codes: readonly string[], more: object = {}): ServiceUnavailableException {
    const message = codes.flatMap((code) => messages[code] ?? []).join(' ');
    return new ServiceUnavailableException({ status: 'not ready', codes, message, ...more });
  }
}
