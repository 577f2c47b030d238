import { Args, ArgsType, Field, IntersectionType, PickType, Query, Resolver } from '@nestjs/graphql';
import { boundsOf, Clock } from '@baton/kernel';
import { ReadModels, referenceInstantOf, type Connection, pageOf } from '@baton/platform/documents';
import { Allow, everyRole, FilterField, PageArgs, type ValueFilterInput, Heavy } from '@baton/platform/graphql';
import { IsOptional } from 'class-validator';
import type { Disposition } from '@baton/leads';
import { handoffReport, listHandoffs } from './handoff-report.query';
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
  PickType(PageArgs, ['first', 'after', 'last', 'before'], ArgsType),
  ArgsType,
) {
  @IsOptional()
  @Field(() => DispositionEnum, { nullable: true, description: 'Only handoffs with this latest disposition.' })
  disposition?: Disposition;
  @FilterField('Only handoffs with these reasons of their disposition.')
  reason?: ValueFilterInput;
  @IsOptional()
  @Field(() => Boolean, { nullable: true, description: 'Only handoffs that were returned after they were accepted.' })
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
      'Handoffs by disposition, with rejection rates and reasons, grouped by month, queue, rep or definition version.',
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
    @Args() { first, after, last, before, asOf, atLeast: _, ...question }: HandoffsArgs,
  ): Promise<Connection<HandoffType>> {
    const found = await listHandoffs(this.models.asOf(asOf), {
      ...question,
      ...boundsOf(question),
      at: referenceInstantOf(asOf, this.clock),
    });
    return pageOf<HandoffType>(found, { first, ...(after && { after }) }, ({ eventId }) => eventId);
  }
}
