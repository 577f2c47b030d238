import { SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api';
import { codeOf } from '@baton/kernel';

/**
 * Runs work inside a span, the child of the span around it. Without a tracing SDK in the process this costs a call
 * and records nothing. Names and attributes hold no ids and nothing personal.
 */
export const traced = <T>(name: string, attributes: Attributes, work: (span: Span) => Promise<T>): Promise<T> =>
  trace.getTracer('baton').startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: codeOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });
