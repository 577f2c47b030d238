import { refuse, type Refused } from '@baton/kernel';
import { isCapturedLead, type CapturedLead, type Lead, type StageName } from './lead.model';

/** A change of lifecycle stage that a command asks for. */
interface Move {
  readonly from: readonly StageName[];
  readonly to: StageName;
  readonly code: string;
  readonly message: string;
}

/** Which stage each command leads to, and from where. Source: the lifecycle both teams agreed on. */
export const moves = {
  QualifyLead: {
    from: ['lead'],
    to: 'mql',
    code: 'lead/not-open',
    message: 'Only a lead at stage `lead` can be qualified; this one is at another stage.',
  },
  HandOffLead: {
    from: ['mql'],
    to: 'handed-off',
    code: 'lead/not-qualified',
    message: 'The lead is not at stage `mql`; qualify it with QualifyLead first.',
  },
  AcceptLead: {
    from: ['handed-off'],
    to: 'sal',
    code: 'lead/not-handed-off',
    message: 'The lead is not with sales; hand it off with HandOffLead first.',
  },
  RejectLead: {
    from: ['handed-off', 'sal'],
    to: 'rejected',
    code: 'lead/not-handed-off',
    message: 'The lead is not with sales; hand it off with HandOffLead first.',
  },
  RecycleLead: {
    from: ['handed-off', 'sal', 'sql'],
    to: 'recycled',
    code: 'lead/not-with-sales',
    message: 'Only a lead at stage `handed-off`, `sal` or `sql` can be recycled.',
  },
  SalesQualifyLead: {
    from: ['sal'],
    to: 'sql',
    code: 'lead/not-accepted',
    message: 'The lead is not at stage `sal`; accept it with AcceptLead first.',
  },
  ConvertLead: {
    from: ['sql'],
    to: 'opportunity',
    code: 'lead/not-sales-qualified',
    message: 'The lead is not at stage `sql`; qualify it with SalesQualifyLead first.',
  },
  DisqualifyLead: {
    from: ['lead', 'mql', 'handed-off', 'sal', 'sql', 'opportunity', 'customer', 'rejected', 'recycled'],
    to: 'disqualified',
    code: 'lead/disqualified',
    message: 'The lead is disqualified, and a disqualification cannot be undone.',
  },
} as const satisfies Readonly<Record<string, Move>>;
export type MoveName = keyof typeof moves;

/** The lead, if it was captured; Refused `lead/unknown` or `lead/id-released` otherwise. */
export const capturedLead = (lead: Lead): CapturedLead | Refused => {
  if (isCapturedLead(lead)) return lead;
  return lead.stage === 'released'
    ? idReleased()
    : refuse('lead/unknown', 'No lead has this leadId; capture it with CaptureLead first.', 'leadId');
};
export const idReleased = (): Refused =>
  refuse(
    'lead/id-released',
    'This leadId was reserved and never used, and cannot be used any more; capture the lead under a new id.',
    'leadId',
  );

/** The lead, if it was captured and is not merged into another; Refused `lead/merged` names the survivor, which decides instead. */
export const unmergedLead = (lead: Lead): CapturedLead | Refused => {
  const known = capturedLead(lead);
  if (!('person' in known) || known.person.mergedInto === undefined) return known;
  const survivorId = known.person.mergedInto;
  return refuse('lead/merged', `This lead is merged into ${survivorId}; send the command to that lead.`, 'leadId', {
    survivorId,
  });
};

/**
 * Whether a lead may make a move.
 * @param external another system decided this in the past: any stage may be left but `disqualified`
 * @returns the lead; undefined if it is at that stage already; or the refusal
 */
export const checkMove = (
  lead: Lead,
  name: MoveName,
  external: string | undefined,
): CapturedLead | Refused | undefined => {
  const known = unmergedLead(lead);
  if (!('person' in known)) return known;
  const { from, to, code, message }: Move = moves[name];
  if (known.stage === to) return undefined;
  if (known.stage === 'disqualified')
    return refuse('lead/disqualified', 'The lead is disqualified, and a disqualification cannot be undone.');
  return external !== undefined || from.includes(known.stage)
    ? known
    : refuse(code, message, '', { stage: known.stage });
};
