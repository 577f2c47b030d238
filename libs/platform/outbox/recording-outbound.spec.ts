import { refuse } from '@baton/kernel';
import { outboundContract, RecordingOutbound } from '@baton/kernel/testing';

const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));

outboundContract('the recording sender', () => {
  const outbound = new RecordingOutbound();
  return Promise.resolve({
    outbound,
    arrived: () => Promise.resolve(outbound.arrived),
    behave: (how) => {
      outbound.fault = ({ template }, signal) => {
        if (how === 'fails') throw new Error('unavailable');
        if (how === 'hangs') return untilAborted(signal);
        if (typeof how === 'object' && how.refuses === template) throw refuse('crm/unknown-template');
      };
    },
  });
});
