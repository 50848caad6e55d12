import { CoreError } from '../errors.ts';

/** Late, altered, incomplete or for another place: all these upload forms look the same. */
export class UploadRefused extends CoreError {
  constructor(detail: string) {
    super('forbidden', 'upload_refused', 'The upload form is not valid, or no longer.', { detail });
  }
}

/** The form was in order, what came with it is not: empty, of another type than its name says, or cut off. */
export class UploadNotAccepted extends CoreError {
  constructor(publicMessage: string) {
    super('invalid', 'upload_not_accepted', publicMessage);
  }
}

/** Something was stored under this form before: a form is good for one file. */
export class BlobTaken extends CoreError {
  constructor() {
    super('conflict', 'blob_taken', 'A file was uploaded with this form before.');
  }
}

/** No link of ours, or one with a changed part. */
export class LinkRefused extends CoreError {
  constructor(detail: string) {
    super('forbidden', 'link_refused', 'The link is not valid.', { detail });
  }
}

/** A link of ours, unchanged, whose time is over. */
export class LinkExpired extends CoreError {
  constructor() {
    super('forbidden', 'link_expired', 'The link has expired; ask for a new one.');
  }
}
