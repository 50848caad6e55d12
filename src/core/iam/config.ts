import type { TokenTemplate } from '../jwt/config.ts';
import { DEFAULT_ALGORITHM, type PasswordAlgorithm } from '../passwords/ports.ts';
import type { SelfServiceSettings } from '../self-service/config.ts';

/** What a pool says of its credentials; what it does not say is as in `DEFAULT_IAM`. */
export interface IamConfig {
  /** Of passwords that are taken in, and of imported ones once somebody logs in with them. */
  readonly passwordAlgorithm: PasswordAlgorithm;
  /** Whether somebody may log in with a one-time code alone, which makes it a first factor. */
  readonly passwordlessCode: boolean;
  /** What sessions may be told of in tokens; none: in none. */
  readonly tokenTemplates: readonly TokenTemplate[];
  /** How people sign up and in, where that differs from the rest of the installation. */
  readonly selfService: SelfServiceSettings;
}

export const DEFAULT_IAM: IamConfig = {
  passwordAlgorithm: DEFAULT_ALGORITHM,
  passwordlessCode: true,
  tokenTemplates: [],
  selfService: {},
};
