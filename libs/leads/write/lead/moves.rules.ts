import { refuse, type Refused } from '@baton/kernel';
import { isKnown, type Known, type Lead, type StageName } from './lead.model';

/** A move of the lifecycle that somebody asks for. */
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
    message: 'Only a lead that marketing still works on is qualified.',
  },
  HandOffLead: { from: ['mql'], to: 'handed-off', code: 'lead/not-qualified', message: 'Qualify the lead first.' },
  AcceptLead: { from: ['handed-off'], to: 'sal', code: 'lead/not-handed-off', message: 'Hand the lead off first.' },
  RejectLead: {
    from: ['handed-off', 'sal'],
    to: 'rejected',
    code: 'lead/not-handed-off',
    message: 'Hand the lead off first.',
  },
  RecycleLead: {
    from: ['handed-off', 'sal', 'sql'],
    to: 'recycled',
    code: 'lead/not-with-sales',
    message: 'Only a lead that is with sales is given back.',
  },
  SalesQualifyLead: { from: ['sal'], to: 'sql', code: 'lead/not-accepted', message: 'Accept the lead first.' },
  ConvertLead: {
    from: ['sql'],
    to: 'opportunity',
    code: 'lead/not-sales-qualified',
    message: 'Qualify the lead for sales first.',
  },
  DisqualifyLead: {
    from: ['lead', 'mql', 'handed-off', 'sal', 'sql', 'opportunity', 'customer', 'rejected', 'recycled'],
    to: 'disqualified',
    code: 'lead/disqualified',
    message: 'The lead is disqualified for good.',
  },
} as const satisfies Readonly<Record<string, Move>>;
export type MoveName = keyof typeof moves;

/** The lead, when it exists: nothing but a capture is said to one that does not. */
export const capturedLead = (lead: Lead): Known | Refused => {
  if (isKnown(lead)) return lead;
  return lead.stage === 'released' ? idReleased() : refuse('lead/unknown', 'Capture the lead first.', 'leadId');
};
export const idReleased = (): Refused =>
  refuse('lead/id-released', 'This id was given up before it was used; capture under another one.', 'leadId');

/** The lead, when it exists and stands on its own: what people decide is decided on the survivor. */
export const unmergedLead = (lead: Lead): Known | Refused => {
  const known = capturedLead(lead);
  if (!('person' in known) || known.person.mergedInto === undefined) return known;
  const survivorId = known.person.mergedInto;
  return refuse('lead/merged', `This lead is merged into ${survivorId}; speak to that one.`, 'leadId', { survivorId });
};

/**
 * Whether a lead may make a move.
 * @param external another system decided this in the past: any stage may be left but `disqualified`
 * @returns the lead; undefined where it stands there already; or the refusal
 */
export const mayMove = (lead: Lead, name: MoveName, external: string | undefined): Known | Refused | undefined => {
  const known = unmergedLead(lead);
  if (!('person' in known)) return known;
  const { from, to, code, message }: Move = moves[name];
  if (known.stage === to) return undefined;
  if (known.stage === 'disqualified') return refuse('lead/disqualified', 'The lead is disqualified for good.');
  return external !== undefined || from.includes(known.stage)
    ? known
    : refuse(code, message, '', { stage: known.stage });
};
