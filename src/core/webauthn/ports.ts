/** What keys know a pool as. */
export interface RelyingParty {
  /** A domain. @see WebAuthn 5.1.2, "RP ID". */
  readonly id: string;
  readonly name: string;
  /** Of pages, `https://login.example.com`, and of applications, `android:apk-key-hash:…`; compared exactly. */
  readonly origins: readonly string[];
}

/** An answer of an authenticator, with what it has to fit. */
export interface Proof {
  /** As `readAnswer` gives it. */
  readonly response: AnswerJson;
  /** Base64url. */
  readonly challenge: string;
  readonly party: RelyingParty;
  /** Whether the authenticator must have made sure that it is the person: by a PIN, a finger, a face. */
  readonly needsVerification: boolean;
}

/** The members of a `PublicKeyCredential` in JSON that count, bytes in base64url. @see WebAuthn 5.1, "toJSON". */
export interface AnswerJson {
  readonly id: string;
  readonly response: { readonly [name: string]: string };
  readonly transports: readonly string[];
}

/** What authenticators say of themselves with each answer. */
export interface AuthenticatorState {
  /** 0 where the authenticator does not count. */
  readonly signCount: number;
  readonly isUserVerified: boolean;
  /** The key may be on more than one device. */
  readonly isBackupEligible: boolean;
  readonly isBackedUp: boolean;
}

export interface NewKey extends AuthenticatorState {
  /** Standard base64. */
  readonly id: string;
  /** A COSE key, in standard base64. */
  readonly publicKey: string;
  /** Of the model of authenticator: a UUID, mostly all zeros. */
  readonly aaguid: string;
}

/** Whether what an authenticator answers is what it was asked. Compares no counters. */
export interface WebAuthnVerifier {
  /** @returns Null for anything but a new key, made for this challenge and party. @see WebAuthn 7.1. */
  verifyNewKey(proof: Proof): Promise<NewKey | null>;
  /**
   * @param proof.key The one that the answer names.
   * @returns Null where it did not sign this challenge for this party. @see WebAuthn 7.2.
   */
  verifyUse(
    proof: Proof & { readonly key: { readonly id: string; readonly publicKey: string } },
  ): Promise<AuthenticatorState | null>;
}
