import type { DataKey, PoolVault } from '../ports.ts';
import type { FlowId } from './ports.ts';

/** The key of a flow that is not stored so far: made once it is needed, since most such flows are only shown. */
export class LateKey implements DataKey {
  readonly #make: () => ReturnType<PoolVault['createIdentityKey']>;
  #made: ReturnType<PoolVault['createIdentityKey']> | null = null;

  constructor(vault: PoolVault, id: FlowId) {
    this.#make = () => vault.createIdentityKey(id);
  }

  /** As it is stored, with what it has sealed. */
  get wrapped(): Buffer {
    return this.#own.wrapped;
  }

  seal(section: string, plaintext: Uint8Array): Buffer {
    return this.#own.key.seal(section, plaintext);
  }

  open(section: string, sealed: Uint8Array): Buffer {
    return this.#own.key.open(section, sealed);
  }

  get #own() {
    this.#made ??= this.#make();
    return this.#made;
  }
}
