import { Args, ArgsType, Field, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { pageOf, type Connection } from '@baton/platform/documents';
import { connectionOf, cutOf, enumOf, InnerPageArgs, objectTypeOf, withCut } from '@baton/platform/graphql';
import { IsOptional } from 'class-validator';
import { breachChanges, type BreachChange } from './breach-changes.rules';
import { breach, counterfactualAnswer, reroutedLead, type CounterfactualRows } from './counterfactual.report';
import type { RoutedLead } from './routing-changes.rules';

const Breaches = connectionOf(breach.name, objectTypeOf(breach));
const Rerouted = connectionOf(reroutedLead.name, objectTypeOf(reroutedLead));

@ArgsType()
class BreachArgs extends InnerPageArgs {
  @IsOptional()
  @Field(() => enumOf(breachChanges), { nullable: true, description: 'Only breaches with this difference.' })
  change?: BreachChange['change'];
}

/** The rows of a counterfactual, in pages: fields with arguments of their own. */
@Resolver(() => objectTypeOf(counterfactualAnswer))
export class CounterfactualResolver {
  @ResolveField(() => Breaches, { description: 'The breaches, ordered by the start of their clocks.' })
  breaches(@Parent() answer: CounterfactualRows, @Args() { change, ...page }: BreachArgs): Connection<BreachChange> {
    const rows = answer.breachRows.filter((row) => change === undefined || row.change === change);
    return pageOf(atCut(answer, rows), page, ({ leadId, kind, startedBy }) => `${leadId} ${kind} ${startedBy}`);
  }

  @ResolveField(() => Rerouted, {
    description: 'Leads that would have been assigned to another rep, in the order of their qualification.',
  })
  rerouted(@Parent() answer: CounterfactualRows, @Args() page: InnerPageArgs): Connection<RoutedLead> {
    return pageOf(atCut(answer, answer.reroutedRows), page, ({ leadId, qualifiedAt }) => `${leadId} ${qualifiedAt}`);
  }
}

const atCut = <R extends object>(answer: CounterfactualRows, rows: readonly R[]): readonly R[] =>
  rows.map((row) => ({ ...row, ...withCut(cutOf(answer)) }));
