import type { Language } from './language.ts';

const CODE = '{{ code }}';
const LINK = '{{ link }}';
const CODE_LIFE = 'El código es válido durante {{ minutes }} minutos. Nadie se lo pedirá nunca.';
const LINK_LIFE = 'El enlace se puede usar una sola vez, durante {{ minutes }} minutos.';
const NOT_YOU = 'Si no lo ha pedido usted, no tiene que hacer nada.';
const UNKNOWN = 'No hay ninguna cuenta con esta dirección. Quizá se registró con otra.';

export const es: Language = {
  mails: {
    recovery_valid: {
      subject: 'Recupere el acceso a su cuenta',
      paragraphs: ['Para volver a entrar en su cuenta, abra este enlace:', LINK, LINK_LIFE, NOT_YOU],
    },
    recovery_invalid: {
      subject: 'Alguien intentó acceder a una cuenta',
      paragraphs: [
        'Alguien pidió recuperar una cuenta con esta dirección de correo electrónico.',
        ...[UNKNOWN, NOT_YOU],
      ],
    },
    recovery_code_valid: {
      subject: 'Su código de recuperación',
      paragraphs: ['Para volver a entrar en su cuenta, introduzca este código:', CODE, CODE_LIFE, NOT_YOU],
    },
    recovery_code_invalid: {
      subject: 'Alguien intentó acceder a una cuenta',
      paragraphs: [
        'Alguien pidió recuperar una cuenta con esta dirección de correo electrónico.',
        ...[UNKNOWN, NOT_YOU],
      ],
    },
    verification_valid: {
      subject: 'Confirme su dirección de correo electrónico',
      paragraphs: ['Para confirmar que esta dirección es suya, abra este enlace:', LINK, LINK_LIFE, NOT_YOU],
    },
    verification_invalid: {
      subject: 'Alguien intentó confirmar esta dirección',
      paragraphs: ['Alguien pidió confirmar esta dirección de correo electrónico.', UNKNOWN, NOT_YOU],
    },
    verification_code_valid: {
      subject: 'Su código de confirmación',
      paragraphs: [
        'Para confirmar que esta dirección es suya, introduzca este código:',
        ...[CODE, CODE_LIFE, NOT_YOU],
      ],
    },
    verification_code_invalid: {
      subject: 'Alguien intentó confirmar esta dirección',
      paragraphs: ['Alguien pidió confirmar esta dirección de correo electrónico.', UNKNOWN, NOT_YOU],
    },
    login_code_valid: {
      subject: 'Su código de acceso',
      paragraphs: ['Para iniciar sesión, introduzca este código:', CODE, CODE_LIFE, NOT_YOU],
    },
    registration_code_valid: {
      subject: 'Su código de registro',
      paragraphs: ['Para completar el registro, introduzca este código:', CODE, CODE_LIFE, NOT_YOU],
    },
  },
  texts: {
    recovery_code_valid:
      'Su código de recuperación es {{ code }}. No lo comparta. Válido durante {{ minutes }} minutos.',
    verification_code_valid: 'Su código de confirmación es {{ code }}. Válido durante {{ minutes }} minutos.',
    login_code_valid:
      'Su código de acceso es {{ code }}. No lo comparta. Válido durante {{ minutes }} minutos.',
    registration_code_valid: 'Su código de registro es {{ code }}. Válido durante {{ minutes }} minutos.',
  },
};
