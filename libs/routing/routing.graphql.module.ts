import { Module } from '@nestjs/common';
import { HandoffResolver } from './read/handoff/handoff.resolver';
import { RoutingResolver } from './read/routing/routing.resolver';

@Module({ providers: [HandoffResolver, RoutingResolver] })
export class RoutingGraphqlModule {}
