import { deadZones } from './dead-zones.figure';
import { deadZoneDays } from './dead-zone-days.figure';
import { medianDeadZone } from './median-dead-zone.figure';
import { longStayDeals } from './long-stay-deals.figure';
import { belowQualityDeals } from './below-quality-deals.figure';
import { activeDeals } from './active-deals.figure';
import { activeRate } from './active-rate.figure';
import { silentDeals } from './silent-deals.figure';
import { stuckDeals } from './stuck-deals.figure';
import { stuckRate } from './stuck-rate.figure';
import { stuckAmount } from './stuck-amount.figure';
import { qualityDeals } from './quality-deals.figure';
import { qualityRate } from './quality-rate.figure';
import { overdueDeals } from './overdue-deals.figure';
import { overdueAmount } from './overdue-amount.figure';
import { openProposals } from './open-proposals.figure';
import { lostAmount } from './lost-amount.figure';
import { pathFigures } from './paths.figure';
import { journeyFigures } from './journey-legs.figure';
import { dealStageExits } from './deal-stage-exits.figure';
import { stageExits } from './stage-exits.figure';
import { requalifiedRate } from './requalified-rate.figure';
import { dealChangeCount } from './deal-changes.figure';
import { amountIncreased } from './amount-increased.figure';
import { amountDecreased } from './amount-decreased.figure';
import { closeDatesPushed } from './close-dates-pushed.figure';
import { closeDatesPulledIn } from './close-dates-pulled-in.figure';
import { medianPush } from './median-push.figure';
import { repeatedPushes } from './repeated-pushes.figure';
import { p90DealTimeInStage } from './p90-deal-time-in-stage.figure';
import { dealTimeInStage } from './deal-time-in-stage.figure';
import { dealsInStage } from './deals-in-stage.figure';
import { dealStageEntries } from './deal-stage-entries.figure';
import { p90TimeInStage } from './p90-time-in-stage.figure';
import { meanTimeInStage } from './mean-time-in-stage.figure';
import { timeInStage } from './time-in-stage.figure';
import { leadsInStage } from './leads-in-stage.figure';
import { stageEntries } from './stage-entries.figure';
import { handoffToCustomerRate } from './handoff-to-customer-rate.figure';
import { handoffToSqlRate } from './handoff-to-sql-rate.figure';
import { contactRate } from './contact-rate.figure';
import { speedToLead } from './speed-to-lead.figure';
import { salesMinutes } from './sales-minutes.figure';
import { touchCount } from './touches.figure';
import { firstResponseTime } from './first-response-time.figure';
import { salesCycle } from './sales-cycle.figure';
import { medianSalesCycle } from './median-sales-cycle.figure';
import { p90SalesCycle } from './p90-sales-cycle.figure';
import { winsWithoutContact } from './wins-without-contact.figure';
import { winsBeforeContact } from './wins-before-contact.figure';
import { slaDue } from './sla-due.figure';
import { slaMetLate } from './sla-met-late.figure';
import { slaMissedAsKnown } from './sla-missed-as-known.figure';
import { slaRecordedLate } from './sla-recorded-late.figure';
import { slaCancelled } from './sla-cancelled.figure';
import { slaWaiting } from './sla-waiting.figure';
import { slaResponseTime } from './sla-response-time.figure';
import { p90SlaResponseTime } from './p90-sla-response-time.figure';
import { slaCountedTime } from './sla-counted-time.figure';
import { p90SlaCountedTime } from './p90-sla-counted-time.figure';
import { slaBreaches } from './sla-breaches.figure';
import { slaKeptRate } from './sla-kept-rate.figure';
import { acceptanceRate } from './acceptance-rate.figure';
import { answerTime } from './answer-time.figure';
import { capturedLeads } from './captured-leads.figure';
import { conversions } from './conversions.figure';
import { dealCycle } from './deal-cycle.figure';
import { dealSize } from './deal-size.figure';
import { givenBackHandoffs } from './given-back-handoffs.figure';
import { limboHandoffs } from './limbo-handoffs.figure';
import { attemptsBeforeReturn } from './attempts-before-return.figure';
import { givenBackRate } from './given-back-rate.figure';
import { handoffCount } from './handoffs.figure';
import { lostDeals } from './lost-deals.figure';
import { medianDealCycle } from './median-deal-cycle.figure';
import { medianDealSize } from './median-deal-size.figure';
import { openAmount } from './open-amount.figure';
import { openDeals } from './open-deals.figure';
import { openedDeals } from './opened-deals.figure';
import { p90DealCycle } from './p90-deal-cycle.figure';
import { pipelineGenerated } from './pipeline-generated.figure';
import { pricedWins } from './priced-wins.figure';
import { proposalToClose } from './proposal-to-close.figure';
import { rejectionRate } from './rejection-rate.figure';
import { untouchedRejections } from './untouched-rejections.figure';
import { velocity } from './velocity.figure';
import { winRate } from './win-rate.figure';
import { wonAmount } from './won-amount.figure';
import { wonDeals } from './won-deals.figure';
import type { Figure } from './figure.rules';

/** Every figure, in the order of the catalogue. To add one, add its file and a line here. */
export const figures: readonly Figure[] = [
  wonDeals,
  lostDeals,
  winRate,
  wonAmount,
  pricedWins,
  dealSize,
  medianDealSize,
  openDeals,
  openAmount,
  openedDeals,
  pipelineGenerated,
  dealCycle,
  medianDealCycle,
  p90DealCycle,
  salesCycle,
  medianSalesCycle,
  p90SalesCycle,
  winsWithoutContact,
  winsBeforeContact,
  proposalToClose,
  velocity,
  handoffCount,
  acceptanceRate,
  rejectionRate,
  givenBackRate,
  givenBackHandoffs,
  attemptsBeforeReturn,
  limboHandoffs,
  untouchedRejections,
  answerTime,
  speedToLead,
  contactRate,
  handoffToSqlRate,
  handoffToCustomerRate,
  slaKeptRate,
  slaBreaches,
  slaDue,
  slaMetLate,
  slaMissedAsKnown,
  slaRecordedLate,
  slaCancelled,
  slaWaiting,
  slaResponseTime,
  p90SlaResponseTime,
  slaCountedTime,
  p90SlaCountedTime,
  firstResponseTime,
  touchCount,
  salesMinutes,
  capturedLeads,
  stageEntries,
  stageExits,
  leadsInStage,
  timeInStage,
  meanTimeInStage,
  p90TimeInStage,
  dealStageEntries,
  dealStageExits,
  dealsInStage,
  dealTimeInStage,
  p90DealTimeInStage,
  ...journeyFigures,
  ...pathFigures,
  requalifiedRate,
  dealChangeCount,
  amountIncreased,
  amountDecreased,
  closeDatesPushed,
  closeDatesPulledIn,
  medianPush,
  repeatedPushes,
  activeDeals,
  activeRate,
  silentDeals,
  stuckDeals,
  stuckRate,
  stuckAmount,
  qualityDeals,
  qualityRate,
  overdueDeals,
  overdueAmount,
  openProposals,
  lostAmount,
  longStayDeals,
  belowQualityDeals,
  deadZones,
  deadZoneDays,
  medianDeadZone,
  ...conversions,
];

const byCode = new Map(figures.map((one) => [one.code, one]));
if (byCode.size < figures.length) throw new Error('Two figures have the same code.');
/** @throws Error for a code that is not in the catalogue */
export const figureOf = (code: string): Figure => {
  const found = byCode.get(code);
  if (!found) throw new Error(`There is no figure ${code}.`);
  return found;
};
