import { unwrapResolverError } from '@apollo/server/errors';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { BatonError } from '@baton/kernel';
import type { GraphQLFormattedError } from 'graphql';
import type { Logger } from 'pino';
import { pathOf } from '../path';

/** As much of the HTTP server's answer as is used here. */
export interface Reply {
  readonly sent: boolean;
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): Reply;
}

/** The codes of the GraphQL server, in Baton's form. */
const codesOfApollo: Readonly<Record<string, { readonly code: string }>> = {
  GRAPHQL_PARSE_FAILED: { code: 'graphql/not-parsed' },
  GRAPHQL_VALIDATION_FAILED: { code: 'graphql/not-valid' },
  BAD_USER_INPUT: { code: 'graphql/bad-value' },
  BAD_REQUEST: { code: 'graphql/bad-request' },
  OPERATION_RESOLUTION_FAILURE: { code: 'graphql/no-such-operation' },
};

/** The answer for a fault: a stable code and the place, never a stack or what a store said. */
export const formatterOf =
  (logger: Logger) =>
  (formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError => {
    const original = unwrapResolverError(error);
    const place = {
      ...(formatted.path && { path: formatted.path }),
      ...(formatted.locations && { locations: formatted.locations }),
    };
    if (original instanceof BatonError) {
      const { code, path, message } = original;
      return { message, ...place, extensions: { code, ...(path && { field: path }) } };
    }
    const { code, field } = formatted.extensions ?? {};
    if (typeof code === 'string' && code !== 'INTERNAL_SERVER_ERROR') {
      const extensions = { code: codesOfApollo[code]?.code ?? code, ...(typeof field === 'string' && { field }) };
      return { message: formatted.message, ...place, extensions };
    }
    logger.error({ err: original }, 'a resolver failed');
    return {
      message: 'Baton failed to answer; try again, or report it.',
      ...place,
      extensions: { code: 'internal/fault' },
    };
  };

/** Answers of HTTP that carry no code of their own. */
const errorsByStatus: Readonly<Record<number, { readonly code: string; readonly message: string }>> = {
  400: { code: 'http/bad-request', message: 'The request is malformed.' },
  403: { code: 'http/forbidden', message: 'This caller has no access.' },
  404: { code: 'http/not-found', message: 'There is no resource at this address.' },
  405: { code: 'http/method-not-allowed', message: 'Use POST for this address.' },
  408: { code: 'http/too-slow', message: 'The request did not arrive in time.' },
  413: { code: 'http/too-large', message: 'The request is too large.' },
  414: { code: 'http/address-too-long', message: 'The address is too long.' },
  415: { code: 'http/unsupported-media-type', message: 'The content type must be application/json.' },
  429: { code: 'http/too-many-requests', message: 'Too many requests; try again later.' },
  431: { code: 'http/headers-too-large', message: 'The headers are too large.' },
  503: { code: 'http/unavailable', message: 'The service is not available; try again later.' },
};
const fault = { code: 'internal/fault', message: 'Baton failed to answer; try again, or report it.' };

const errorOfStatus = (status: number) => errorsByStatus[status] ?? (status < 500 ? errorsByStatus[400]! : fault);

interface ErrorFields {
  readonly code: string;
  readonly message: string;
  readonly path?: string;
}

/** The body of an HTTP answer that says no: the same form as GraphQL's. */
export const bodyOf = (status: number, given?: ErrorFields) => {
  // Not spread: the message of an error is no field that would come along.
  const { code, message, path = '' }: ErrorFields = given ?? errorOfStatus(status);
  return { errors: [{ message, extensions: { code, ...(path && { field: path }) } }] };
};

/** The status of a refusal before GraphQL: by its code where that is one of HTTP, else 400. */
const statusOf = (code: string): number =>
  Number(
    Object.entries(errorsByStatus).find(([, row]) => row.code === code)?.[0] ?? (code === 'internal/fault' ? 500 : 400),
  );

/**
 * The one place where an error becomes an answer: GraphQL's are passed on to its formatter; over HTTP there is JSON with
 * a stable code, and never a stack.
 */
export const answerErrors = (logger: Logger) => {
  @Catch()
  class AnswerErrors implements ExceptionFilter {
    catch(error: unknown, host: ArgumentsHost): unknown {
      if (host.getType<string>() === 'graphql') return error;
      const reply = host.switchToHttp().getResponse<Reply>();
      const request = host.switchToHttp().getRequest<{ readonly url: string }>();
      if (reply.sent) return undefined;
      if (error instanceof BatonError) return reply.code(statusOf(error.code)).send(bodyOf(400, error));
      const own = error instanceof HttpException ? error.getResponse() : undefined;
      const asked = error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number }).statusCode;
      const status = asked ?? 500;
      if (status >= 500 && !(error instanceof HttpException)) logger.error({ err: error }, 'a request failed');
      // A controller that gives codes says what it means itself.
      if (typeof own === 'object' && ('code' in own || 'codes' in own)) {
        const { code, codes = [], message } = own as { code?: string; codes?: readonly string[]; message?: string };
        const { code: usual, message: words } = errorOfStatus(status);
        return reply
          .code(status)
          .send({ ...own, ...bodyOf(status, { code: code ?? codes[0] ?? usual, message: message ?? words }) });
      }
      if (status === 404 && isGraphqlPath(request.url))
        return reply.code(405).header('allow', 'POST').send(bodyOf(405));
      return reply.code(status).send(bodyOf(status));
    }
  }
  return new AnswerErrors();
};

export const GRAPHQL_PATH = '/graphql';

/** Does a request mean GraphQL that the router has not looked at: one that changes to a WebSocket, or found no route? */
export const isGraphqlPath = (url: string | undefined): boolean => /^\/graphql\/?$/.test(pathOf(url));
