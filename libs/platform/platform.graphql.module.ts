import { Module } from '@nestjs/common';
import { ImportsResolver } from './imports/imports.resolver';
import { OutboxResolver } from './outbox/outbox.resolver';

/** The resolvers of the platform itself. */
@Module({ providers: [ImportsResolver, OutboxResolver] })
export class PlatformGraphqlModule {}
