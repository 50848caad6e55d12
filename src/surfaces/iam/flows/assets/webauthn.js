// Asks authenticators for keys on pages that show flows. Served as it is, with its digest in each flow, and without a
// word of markup: buttons and fields are found by the names that the nodes of a flow have. Pages that draw flows
// themselves call the functions at the end of this file, as the nodes' `onclickTrigger` and `onloadTrigger` say.
(() => {
  if (window.oryPasskeyLogin) return;

  const MESSAGES = {
    InvalidStateError: 'There is a key for this account here already.',
    NotAllowedError: 'No key was used. Try again, or choose another way.',
    SecurityError: 'Keys cannot be used at this address.',
  };
  const UNSUPPORTED = 'This browser cannot use keys.';
  const FAILED = 'The key could not be used. Try again, or choose another way.';

  /** Waits for a passkey to be picked where one would type who one is; null where nothing does. */
  let waiting = null;
  /** One question at a time: a browser refuses a second one. */
  let isBusy = false;

  const byName = (name) => document.getElementsByName(name)[0] ?? null;

  function decode(text) {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
  }

  function encode(buffer) {
    let binary = '';
    for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
    return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  }

  const withBytes = (list) => list?.map((key) => ({ ...key, id: decode(key.id) }));

  function optionsToGet({ publicKey }) {
    const { challenge, allowCredentials, ...rest } = publicKey;
    const keys = allowCredentials ? { allowCredentials: withBytes(allowCredentials) } : {};
    return { publicKey: { ...rest, challenge: decode(challenge), ...keys } };
  }

  function optionsToCreate({ publicKey }, name) {
    const { challenge, user, excludeCredentials, ...rest } = publicKey;
    const shown = name || user.name || rest.rp.name;
    return {
      publicKey: {
        ...rest,
        challenge: decode(challenge),
        user: { id: decode(user.id), name: shown, displayName: name || user.displayName || shown },
        excludeCredentials: withBytes(excludeCredentials) ?? [],
      },
    };
  }

  function answerOf({ id, rawId, type, response }) {
    const { attestationObject, authenticatorData, signature, userHandle } = response;
    const made = attestationObject
      ? { attestationObject: encode(attestationObject), transports: response.getTransports?.() ?? [] }
      : { authenticatorData: encode(authenticatorData), signature: encode(signature) };
    const handle = userHandle?.byteLength > 0 ? { userHandle: encode(userHandle) } : {};
    const clientDataJSON = encode(response.clientDataJSON);
    return JSON.stringify({
      id,
      rawId: encode(rawId),
      type,
      response: { clientDataJSON, ...made, ...handle },
    });
  }

  /** Puts the answer where it belongs and sends the form, past fields that are for other ways to go on. */
  function send(field, credential) {
    field.value = answerOf(credential);
    HTMLFormElement.prototype.submit.call(field.closest('form'));
  }

  /** Tells whoever pressed a button, beside it; readers of screens are told at once. */
  function tell(trigger, text) {
    if (trigger === null) return;
    const given = trigger.parentElement?.querySelector('[data-webauthn-message]');
    if (!given && text === '') return;
    const place = given ?? document.createElement('p');
    if (!given) {
      place.setAttribute('role', 'alert');
      place.setAttribute('data-webauthn-message', '');
      trigger.after(place);
    }
    place.textContent = text;
  }

  async function ask(triggerName, fieldName, question) {
    const trigger = byName(triggerName);
    const field = byName(fieldName);
    if (field === null || isBusy) return;
    if (!window.PublicKeyCredential) {
      tell(trigger, UNSUPPORTED);
      return;
    }
    isBusy = true;
    waiting?.abort();
    waiting = null;
    tell(trigger, '');
    try {
      send(field, await question());
    } catch (error) {
      tell(trigger, MESSAGES[error?.name] ?? FAILED);
      wait();
    } finally {
      isBusy = false;
    }
  }

  /** What a function was called with, where a page has options of its own at hand; else what the node says. */
  function optionsFrom(given, element) {
    if (typeof given === 'string') return JSON.parse(given);
    return given?.publicKey ? given : JSON.parse(element?.value ?? '');
  }

  /** No key is made for traits that cannot be sent. */
  function hasValidTraits(field) {
    const inputs = [...(field?.form?.elements ?? [])].filter(({ name }) => name?.startsWith('traits.'));
    return inputs.every((input) => input.reportValidity());
  }

  /** Lets a browser offer passkeys where one would type who one is. */
  async function wait() {
    const data = byName('passkey_challenge');
    const field = byName('passkey_login');
    const identifier = byName('identifier');
    const takes = identifier?.autocomplete?.includes('webauthn') ?? false;
    if (data === null || field === null || !takes || waiting !== null) return;
    if (!(await window.PublicKeyCredential?.isConditionalMediationAvailable?.())) return;
    if (waiting !== null || isBusy) return;
    const turn = new AbortController();
    waiting = turn;
    try {
      const options = optionsToGet(JSON.parse(data.value));
      send(
        field,
        await navigator.credentials.get({ ...options, mediation: 'conditional', signal: turn.signal }),
      );
    } catch {
      // Nothing was picked, or a button was pressed instead.
    } finally {
      if (waiting === turn) waiting = null;
    }
  }

  function passkeyLogin() {
    return ask('passkey_login_trigger', 'passkey_login', () =>
      navigator.credentials.get(optionsToGet(optionsFrom(null, byName('passkey_challenge')))),
    );
  }

  function webAuthnLogin(given) {
    return ask('webauthn_login_trigger', 'webauthn_login', () =>
      navigator.credentials.get(optionsToGet(optionsFrom(given, byName('webauthn_login_trigger')))),
    );
  }

  async function passkeyRegistration() {
    if (!hasValidTraits(byName('passkey_register'))) return;
    await ask('passkey_register_trigger', 'passkey_register', () => {
      const data = JSON.parse(byName('passkey_create_data').value);
      const { credentialOptions = data, displayNameFieldName } = data;
      const name = displayNameFieldName ? byName(displayNameFieldName)?.value : '';
      return navigator.credentials.create(optionsToCreate(credentialOptions, name));
    });
  }

  function passkeySettingsRegistration() {
    return ask('passkey_register_trigger', 'passkey_settings_register', () => {
      const data = JSON.parse(byName('passkey_create_data').value);
      return navigator.credentials.create(optionsToCreate(data.credentialOptions ?? data));
    });
  }

  async function webAuthnRegistration(given) {
    if (!hasValidTraits(byName('webauthn_register'))) return;
    await ask('webauthn_register_trigger', 'webauthn_register', () =>
      navigator.credentials.create(optionsToCreate(optionsFrom(given, byName('webauthn_register_trigger')))),
    );
  }

  const FUNCTIONS = {
    oryPasskeyLogin: passkeyLogin,
    oryPasskeyLoginAutocompleteInit: wait,
    oryPasskeyRegistration: passkeyRegistration,
    oryPasskeySettingsRegistration: passkeySettingsRegistration,
    oryWebAuthnLogin: webAuthnLogin,
    oryWebAuthnRegistration: webAuthnRegistration,
  };
  for (const [name, run] of Object.entries(FUNCTIONS)) {
    window[name] = run;
    // As older pages call them.
    window[`__${name}`] = run;
  }

  const TRIGGERS = {
    passkey_login_trigger: () => passkeyLogin(),
    passkey_register_trigger: () =>
      byName('passkey_settings_register') ? passkeySettingsRegistration() : passkeyRegistration(),
    webauthn_login_trigger: () => webAuthnLogin(),
    webauthn_register_trigger: () => webAuthnRegistration(),
  };

  function begin() {
    for (const [name, run] of Object.entries(TRIGGERS)) {
      const trigger = byName(name);
      if (trigger === null) continue;
      trigger.hidden = false;
      trigger.addEventListener('click', (event) => {
        event.preventDefault();
        run();
      });
    }
    wait();
  }

  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin);
  else begin();
})();
