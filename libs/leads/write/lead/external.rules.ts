import { refuse, type CommandMeta, type Refused } from '@baton/kernel';
import type { DefinitionContext } from '@baton/definitions';
import type { LeadCommand } from './lead.events';
import type { CapturedLead, StageName } from './lead.model';
import { moves, type MoveName } from './moves.rules';
import { criteriaNotMet, qualification, evaluateAgreement } from './qualification.rules';

/** The definitions with criteria up to each stage; a move must meet those between its start and its target. */
const criteriaUpTo: Readonly<Partial<Record<StageName, readonly ('mql' | 'sal' | 'sql')[]>>> = {
  mql: ['mql'],
  'handed-off': ['mql'],
  sal: ['mql', 'sal'],
  sql: ['mql', 'sal', 'sql'],
  opportunity: ['mql', 'sal', 'sql'],
  customer: ['mql', 'sal', 'sql'],
};

/** True if this sender may report decisions of that system: an import those of any, a connector those of its own. */
const mayReportFor = ({ actor, origin }: CommandMeta, system: string): boolean =>
  origin === 'connector' && (actor.startsWith('import:') || actor === `connector:${system}`);

/**
 * Checks a move by another system: whether the sender may report it, and whether it skips agreed criteria.
 * @returns Refused `lead/external-not-yours` if the sender may not report for that system; `lead/criteria-not-met` if
 *   criteria on the way were in force at the instant of the move and are not met, unless the stage map in force then
 *   accepts that system's decision for this stage
 */
export const checkExternalMove = (
  lead: CapturedLead,
  command: LeadCommand,
  context: DefinitionContext,
): Refused | undefined => {
  const { type, meta } = command;
  const system = 'external' in command.data ? command.data.external : undefined;
  if (system === undefined) return undefined;
  if (!mayReportFor(meta, system))
    return refuse(
      'lead/external-not-yours',
      `Only an import or the connector of ${system} may send external: ${system}; leave external out.`,
      'external',
    );
  const { to } = moves[type as MoveName];
  const map = context.definition('stage-map')?.body;
  if (map?.leads?.some((stage) => stage.system === system && stage.means === to && stage.external)) return undefined;
  const passed = criteriaUpTo[lead.stage] ?? [];
  for (const kind of criteriaUpTo[to] ?? []) {
    if (passed.includes(kind)) continue;
    if (kind === 'mql') {
      const found = qualification(lead.person, context.now, context.definition);
      if (found?.criteria && !found.met) return criteriaNotMet(context.definition('mql')!, found.criteria);
      continue;
    }
    const agreement = context.definition(kind);
    const answers = type === 'SalesQualifyLead' && { answers: command.data };
    const facts = { ...lead.person, ...answers };
    const verdict = evaluateAgreement(agreement, facts, context.now, context.definition);
    if (verdict && !verdict.met) return criteriaNotMet(agreement!, verdict);
  }
  return undefined;
};
