import type * as Sdk from '@aws-sdk/client-cognito-identity-provider';
import { ProviderError } from '../../../core/identify/provider-errors.ts';
import type { CognitoSettings } from '../../../core/identify/provider-settings.ts';
import type { Line, Trip } from '../line.ts';
import { failureOf, type Step } from './failures.ts';
import { endpointOf } from './places.ts';
import { createTransport } from './transport.ts';

/** Without the time that is left of a call, which is always given. */
const TIMEOUT_MS = 1000;

/** A step of contract identify 4.1: which command, and what its errors mean there. */
export interface CognitoClient {
  /**
   * @param run Makes and sends the command of the SDK.
   * @param options.isRead It may be sent twice.
   * @throws ProviderError By the table of contract identify 4.1.
   */
  at<Result>(
    step: Step,
    trip: Trip,
    run: (send: Send, sdk: typeof Sdk) => Promise<Result>,
    options?: { readonly isRead?: boolean },
  ): Promise<Result>;
}

export type Send = Sdk.CognitoIdentityProviderClient['send'];

/**
 * The AWS SDK with nothing of its surroundings: requests go the one way out, and region, credentials and the rest are
 * those given here. Neither environment nor files nor a machine's metadata service are asked. The SDK is loaded with the
 * first request: it takes a moment, and most installations never need it.
 */
export function createCognitoClient(settings: CognitoSettings, line: Line): CognitoClient {
  let opened: Promise<{ sdk: typeof Sdk; client: Sdk.CognitoIdentityProviderClient }> | null = null;

  async function open() {
    const sdk = await import('@aws-sdk/client-cognito-identity-provider');
    return { sdk, client: new sdk.CognitoIdentityProviderClient(configOf(settings, line)) };
  }

  return {
    async at(step, trip, run, { isRead = false } = {}) {
      opened ??= open();
      const { sdk, client } = await opened;
      const attempt = () => {
        const send = (command: never) => client.send(command, { requestTimeout: trip.remainingMs() });
        return run(send as Send, sdk);
      };
      try {
        return await (isRead ? oneMoreTime(attempt) : attempt());
      } catch (error) {
        throw failureOf(error, step);
      }
    },
  };
}

function configOf(settings: CognitoSettings, line: Line): Sdk.CognitoIdentityProviderClientConfig {
  const { region, credentials } = settings;
  const none = async (): Promise<never> => {
    throw new ProviderError('provider_error', { detail: 'no credentials are set' });
  };
  return {
    ...{
      region,
      maxAttempts: 1,
      retryMode: 'standard',
      defaultsMode: 'standard',
      userAgentAppId: 'selfsame',
    },
    ...{
      useDualstackEndpoint: false,
      useFipsEndpoint: false,
      authSchemePreference: [],
      disableClockSkewCorrection: true,
    },
    endpoint: endpointOf(settings),
    credentials: credentials === undefined ? none : { ...credentials },
    requestHandler: createTransport(line, TIMEOUT_MS),
  };
}

/** A failed connection, or a status from 500 on: once more. */
async function oneMoreTime<Result>(attempt: () => Promise<Result>): Promise<Result> {
  try {
    return await attempt();
  } catch (error) {
    if (!isWorthAnother(error)) throw error;
    return attempt();
  }
}

function isWorthAnother(error: unknown): boolean {
  if (error instanceof ProviderError) return error.problem === 'provider_error';
  const status = (error as Partial<Sdk.CognitoIdentityProviderServiceException>).$metadata?.httpStatusCode;
  return status !== undefined && status >= 500;
}
