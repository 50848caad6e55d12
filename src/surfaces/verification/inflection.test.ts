import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflect, inflect, snakeOf } from './inflection.ts';

describe('spelling of keys', () => {
  const reply = {
    face_match_passed: true,
    address_line1: 'x_y',
    extracted_data: { first_name: 'Ada', address: { zip_code: '1' } },
    data: [{ is_sandbox: false }],
    custom_fields: { employee_id: { inner_key: 1 } },
    metadata: { some_key: 1 },
  };

  it('changes keys at every depth, and neither values nor what is the customer’s', () => {
    assert.deepEqual(inflect(reply, 'camel'), {
      faceMatchPassed: true,
      addressLine1: 'x_y',
      extractedData: { firstName: 'Ada', address: { zipCode: '1' } },
      data: [{ isSandbox: false }],
      customFields: { employee_id: { inner_key: 1 } },
      metadata: { some_key: 1 },
    });
    assert.deepEqual(inflect({ status_code: 1, a_b: [{ c_d: 2 }] }, 'kebab'), {
      'status-code': 1,
      'a-b': [{ 'c-d': 2 }],
    });
    assert.equal(inflect(reply, 'snake'), reply);
  });

  it('reads each spelling as snake case', () => {
    for (const key of ['address_line1', 'addressLine1', 'address-line1', 'Address-Line1'])
      assert.equal(snakeOf(key), 'address_line1');
    for (const style of ['camel', 'kebab', 'snake'] as const)
      assert.deepEqual(
        deflect(inflect(reply, style), () => assert.fail('nothing came twice')),
        reply,
      );
  });

  it('tells where a key came in two spellings', () => {
    const twice: unknown[] = [];
    deflect({ firstName: 'a', 'first-name': 'b', list: [{ aB: 1, a_b: 2 }] }, (path) => twice.push(path));
    assert.deepEqual(twice, [['first_name'], ['list', 0, 'a_b']]);
  });

  it('is not fooled by names of the prototype', () => {
    const body = JSON.parse('{"constructor":1,"to-string":2}');
    assert.deepEqual(
      deflect(body, () => assert.fail('nothing came twice')),
      { constructor: 1, to_string: 2 },
    );
  });
});
