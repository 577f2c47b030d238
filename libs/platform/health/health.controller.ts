import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { Documents, EventLog } from '@baton/kernel';

/** For whoever watches the process: is it alive, and can it reach its stores? */
@Controller('health')
export class HealthController {
  constructor(
    private readonly log: EventLog,
    private readonly documents: Documents,
  ) {}

  @Get('live')
  live() {
    return { status: 'live' };
  }

  @Get('ready')
  async ready() {
    try {
      await Promise.all([this.log.tip(), this.documents.generations()]);
    } catch {
      throw new ServiceUnavailableException({ status: 'not ready', code: 'health/store-unreachable' });
    }
    return { status: 'ready' };
  }
}
