import { Module } from '@nestjs/common';
import { ImportsResolver } from './imports/imports.resolver';
import { OutboxResolver } from './outbox/outbox.resolver';

/** What the platform itself is asked. */
@Module({ providers: [ImportsResolver, OutboxResolver] })
export class PlatformGraphqlModule {}
