import type { Language } from './language.ts';

const CODE = '{{ code }}';
const LINK = '{{ link }}';
const CODE_LIFE = 'O código é válido por {{ minutes }} minutos. Ninguém irá pedi-lo a si.';
const LINK_LIFE = 'O link só pode ser usado uma vez, durante {{ minutes }} minutos.';
const NOT_YOU = 'Se não fez este pedido, não precisa de fazer nada.';
const UNKNOWN = 'Não existe nenhuma conta com este endereço. Talvez se tenha registado com outro.';

export const pt: Language = {
  mails: {
    recovery_valid: {
      subject: 'Recupere o acesso à sua conta',
      paragraphs: ['Para voltar a entrar na sua conta, abra este link:', LINK, LINK_LIFE, NOT_YOU],
    },
    recovery_invalid: {
      subject: 'Alguém tentou aceder a uma conta',
      paragraphs: ['Alguém pediu para recuperar uma conta com este endereço de e-mail.', UNKNOWN, NOT_YOU],
    },
    recovery_code_valid: {
      subject: 'O seu código de recuperação',
      paragraphs: ['Para voltar a entrar na sua conta, introduza este código:', CODE, CODE_LIFE, NOT_YOU],
    },
    recovery_code_invalid: {
      subject: 'Alguém tentou aceder a uma conta',
      paragraphs: ['Alguém pediu para recuperar uma conta com este endereço de e-mail.', UNKNOWN, NOT_YOU],
    },
    verification_valid: {
      subject: 'Confirme o seu endereço de e-mail',
      paragraphs: ['Para confirmar que este endereço é seu, abra este link:', LINK, LINK_LIFE, NOT_YOU],
    },
    verification_invalid: {
      subject: 'Alguém tentou confirmar este endereço',
      paragraphs: ['Alguém pediu para confirmar este endereço de e-mail.', UNKNOWN, NOT_YOU],
    },
    verification_code_valid: {
      subject: 'O seu código de confirmação',
      paragraphs: [
        'Para confirmar que este endereço é seu, introduza este código:',
        CODE,
        CODE_LIFE,
        NOT_YOU,
      ],
    },
    verification_code_invalid: {
      subject: 'Alguém tentou confirmar este endereço',
      paragraphs: ['Alguém pediu para confirmar este endereço de e-mail.', UNKNOWN, NOT_YOU],
    },
    login_code_valid: {
      subject: 'O seu código de acesso',
      paragraphs: ['Para iniciar sessão, introduza este código:', CODE, CODE_LIFE, NOT_YOU],
    },
    registration_code_valid: {
      subject: 'O seu código de registo',
      paragraphs: ['Para concluir o registo, introduza este código:', CODE, CODE_LIFE, NOT_YOU],
    },
  },
  texts: {
    recovery_code_valid:
      'O seu código de recuperação é {{ code }}. Não o partilhe. Válido por {{ minutes }} minutos.',
    verification_code_valid: 'O seu código de confirmação é {{ code }}. Válido por {{ minutes }} minutos.',
    login_code_valid:
      'O seu código de acesso é {{ code }}. Não o partilhe. Válido por {{ minutes }} minutos.',
    registration_code_valid: 'O seu código de registo é {{ code }}. Válido por {{ minutes }} minutos.',
  },
};
