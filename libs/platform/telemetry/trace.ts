import { SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api';
import { codeOf } from '@baton/kernel';

/**
 * Runs work inside a span, a child of the current one. Without a tracing SDK in the process it records nothing. Names
 * and attributes must contain no ids and no personal data.
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
