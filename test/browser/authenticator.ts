import type { Page } from 'playwright-core';

const OPTIONS = {
  protocol: 'ctap2',
  transport: 'internal',
  ...{ hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  automaticPresenceSimulation: true,
} as const;

/** A device that keeps passkeys, and whose owner agrees to everything. */
export interface Authenticator {
  /** Connects it to a page. A browser forgets it wherever a redirect has it begin anew, so before each use. */
  plugIn(page: Page): Promise<void>;
}

export function createAuthenticator(): Authenticator {
  const kept = new Map<string, Credential>();
  return {
    async plugIn(page) {
      const session = await page.context().newCDPSession(page);
      session.on('WebAuthn.credentialAdded', ({ credential }) => {
        kept.set(credential.credentialId, credential);
      });
      session.on('WebAuthn.credentialAsserted', ({ credential }) => {
        kept.set(credential.credentialId, credential);
      });
      await session.send('WebAuthn.enable');
      const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
        options: OPTIONS,
      });
      for (const credential of kept.values())
        await session.send('WebAuthn.addCredential', { authenticatorId, credential });
    },
  };
}

/** As the browser describes a passkey, its private key among it. */
interface Credential {
  readonly credentialId: string;
  readonly isResidentCredential: boolean;
  readonly privateKey: string;
  readonly signCount: number;
}
