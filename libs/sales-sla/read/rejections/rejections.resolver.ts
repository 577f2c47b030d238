import { Args, ArgsType, Field, IntersectionType, PickType, Query, Resolver } from '@nestjs/graphql';
import { boundsOf, Clock } from '@baton/kernel';
import { ReadModels, referenceInstantOf } from '@baton/platform/documents';
import {
  Allow,
  type Connection,
  everyRole,
  FilterField,
  PageArgs,
  pageOf,
  type ValueFilterInput,
  Heavy,
} from '@baton/platform/graphql';
import { IsOptional } from 'class-validator';
import type { Disposition } from '@baton/leads';
import { handoffReport, handoffsBehind } from './handoff-report.query';
import {
  DispositionEnum,
  HandoffConnection,
  HandoffFilterArgs,
  HandoffReportArgs,
  HandoffReportType,
  handoffRowNode,
  HandoffType,
} from './handoff-report.types';

@ArgsType()
class HandoffsArgs extends IntersectionType(
  HandoffFilterArgs,
  PickType(PageArgs, ['first', 'after'], ArgsType),
  ArgsType,
) {
  @IsOptional()
  @Field(() => DispositionEnum, { nullable: true, description: 'Only handoffs with this as their latest disposition.' })
  disposition?: Disposition;
  @FilterField('Only handoffs disposed of for these reasons.')
  reason?: ValueFilterInput;
  @IsOptional()
  @Field(() => Boolean, { nullable: true, description: 'Only handoffs that were given back after they were accepted.' })
  givenBack?: boolean;
  @IsOptional()
  @Field(() => Boolean, { nullable: true, description: 'Only handoffs of leads in limbo.' })
  limbo?: boolean;
}

@Resolver()
export class RejectionsResolver {
  constructor(
    private readonly models: ReadModels,
    private readonly clock: Clock,
  ) {}

  @Query(() => HandoffReportType, {
    description:
      'What became of what was handed off, and how much of it sales refused, for which reasons, by definition version and month.',
  })
  @Heavy()
  @Allow(...everyRole)
  async handoffReport(@Args() { asOf, atLeast: _, ...question }: HandoffReportArgs): Promise<HandoffReportType> {
    const at = referenceInstantOf(asOf, this.clock);
    const { total, rows } = await handoffReport(this.models.asOf(asOf), { ...question, ...boundsOf(question), at });
    return { total: handoffRowNode(total), rows: rows.map(handoffRowNode), at };
  }

  @Query(() => HandoffConnection, { description: 'The handoffs behind a figure of `handoffReport`, oldest first.' })
  @Allow(...everyRole)
  async handoffs(
    @Args() { first, after, asOf, atLeast: _, ...question }: HandoffsArgs,
  ): Promise<Connection<HandoffType>> {
    const found = await handoffsBehind(this.models.asOf(asOf), {
      ...question,
      ...boundsOf(question),
      at: referenceInstantOf(asOf, this.clock),
    });
    return pageOf<HandoffType>(found, { first, ...(after && { after }) }, ({ eventId }) => eventId);
  }
}
