import { describe, expect, it } from 'vitest';
import { ALICE, BOB, SHARED, useTestAnchor } from '../../support/anchor.ts';
import { jpeg, kycOf, PERSON, pdf, png, settings } from './kyc.ts';

const anchor = useTestAnchor({
  project: {
    customers: settings(
      {
        types: {
          sep6: ['first_name', 'photo_id_front'],
          organization: ['organization.name', 'organization.photo_proof_address', 'proof_of_liveness?'],
        },
      },
      {},
      { maxFileBytes: 20_000, maxFiles: 4 },
    ),
  },
});
const kyc = kycOf(anchor);

const form = (fields: Record<string, string>, files: Record<string, Uint8Array>, name = 'id.png') => {
  const body = new FormData();
  // files first: they may stand anywhere (SC-10)
  for (const [field, bytes] of Object.entries(files))
    body.set(field, new File([bytes as Uint8Array<ArrayBuffer>], name));
  for (const [field, value] of Object.entries(fields)) body.set(field, value);
  return body;
};
const putForm = (
  sub: string,
  fields: Record<string, string>,
  files: Record<string, Uint8Array>,
  name?: string,
) => kyc.send('PUT', '', { sub, body: form(fields, files, name) });
const stored = () => anchor.ctx.db.read.selectFrom('customer_files').selectAll().execute();

describe('files of a PUT', () => {
  it('come in a multipart form, in any order (S12-30, S9-06, SC-10)', async () => {
    expect((await putForm(ALICE, { first_name: 'Ada' }, { photo_id_front: png() })).status).toBe(202);
    expect((await kyc.get(ALICE)).body).toMatchObject({
      status: 'ACCEPTED',
      provided_fields: { photo_id_front: { type: 'binary', status: 'ACCEPTED' } },
    });
  });

  it('are what their content says, whatever they are called (S12-29)', async () => {
    const bad: [string, Buffer][] = [
      ['empty', Buffer.alloc(0)],
      ['html', Buffer.from('<html><script>alert(1)</script>')],
      ['svg', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>')],
      ['text', Buffer.from('not a picture')],
      ['zip', Buffer.from('PK\x03\x04aaaaaaaaaaaaaaaaaaaa', 'latin1')],
      ['gif', Buffer.from('GIF89a')],
      ['png cut', png().subarray(0, 40)],
      ['png changed', png().fill(7, 20, 24)],
      ['png bomb', png(50_000, 50_000)],
      ['jpeg cut', jpeg().subarray(0, 60)],
      ['jpeg bomb', jpeg(65_000, 65_000)],
      ['pdf in disguise', Buffer.concat([Buffer.from('<html>'), pdf])],
      ['mp4 for a picture', Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom0000isomiso2')])],
    ];
    for (const [what, bytes] of bad) {
      const { status, body } = await putForm(
        BOB,
        { first_name: 'Bob' },
        { photo_id_front: bytes },
        '../../etc/passwd.png',
      );
      expect([what, status]).toEqual([what, 400]);
      expect(body['error']).toContain('photo_id_front');
    }
    expect((await kyc.get(BOB)).body).not.toHaveProperty('id');
    for (const bytes of [png(), jpeg(), pdf]) {
      expect((await putForm(BOB, {}, { photo_id_front: bytes })).status).toBe(202);
    }
    const video = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom0000isomiso2')]);
    expect((await putForm(BOB, { type: 'organization' }, { proof_of_liveness: video })).status).toBe(202);
  });

  it('lose what they tell beside the picture (S9-16)', async () => {
    const tail = Buffer.from('<script>alert(1)</script>');
    const secrets = [
      ['tEXt', Buffer.from('Comment\0taken at home')],
      ['eXIf', Buffer.from('GPS 52.5')],
    ] as [string, Buffer][];
    await putForm(BOB, {}, { photo_id_front: jpeg(8, 8, tail) });
    await putForm(BOB, {}, { 'organization.photo_proof_address': png(2, 2, secrets) });
    const rows = (await stored()).filter(({ owner }) => owner === BOB);
    const sizes = rows.map(({ size }) => size);
    expect(sizes).toContain(png().length);
    expect(Math.max(...sizes.filter((size) => size < 1000))).toBeLessThan(jpeg().length);
  });

  it('are sealed, and gone when another one takes their place (S9-16)', async () => {
    await putForm(ALICE, {}, { photo_id_front: png() });
    const before = (await stored()).filter(({ owner }) => owner === ALICE);
    expect(before).toHaveLength(1);
    expect(Buffer.from(before[0]?.content as Uint8Array).includes(Buffer.from('IHDR'))).toBe(false);
    await putForm(ALICE, {}, { photo_id_front: jpeg() });
    const after = (await stored()).filter(({ owner }) => owner === ALICE);
    expect(after.map(({ content_type }) => content_type)).toEqual(['image/jpeg']);
  });

  it('are limited in size and number (S12-41)', async () => {
    const large = Buffer.concat([png(), Buffer.alloc(20_001)]);
    expect((await putForm(ALICE, {}, { photo_id_front: large })).status).toBe(413);
    const body = form(Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`f${at}`, 'x'])), {});
    expect((await kyc.send('PUT', '', { sub: ALICE, body })).status).toBe(400);
    const huge = form({}, { photo_id_front: Buffer.alloc(13_000_000) });
    expect((await kyc.send('PUT', '', { sub: ALICE, body: huge })).status).toBe(413);
  });
});

describe('/kyc/customer/files', () => {
  it('keeps an upload until a customer refers to it (S12-40, S12-28, S12-F06, S12-P10)', async () => {
    const sub = `${SHARED}:1`;
    const up = await kyc.upload(sub, png());
    expect(up.status).toBe(200);
    expect(up.body).toEqual({
      file_id: expect.stringMatching(/^file_/),
      content_type: 'image/png',
      size: png().length,
      expires_at: expect.stringMatching(/Z$/),
      customer_id: null,
    });
    const { file_id } = up.body as { file_id: string };
    const put = await kyc.put(sub, { first_name: 'Ada', photo_id_front_file_id: file_id });
    expect(put.status).toBe(202);
    const { id } = put.body as { id: string };
    expect((await kyc.get(sub)).body['status']).toBe('ACCEPTED');
    const listed = await kyc.get(sub, { customer_id: id }, '/files');
    expect(listed).toMatchObject({ status: 200, body: { files: [{ file_id, customer_id: id }] } });
    expect((listed.body['files'] as object[])[0]).not.toHaveProperty('expires_at');
    expect((await kyc.get(sub, { file_id }, '/files')).body).toEqual(listed.body);
    expect((await kyc.put(sub, { photo_id_front_file_id: file_id })).status).toBe(202);
  });

  it('names the customer of an upload once there is one (S12-F06)', async () => {
    const sub = `${SHARED}:1`;
    const { id } = (await kyc.get(sub)).body;
    expect((await kyc.upload(sub, jpeg())).body).toMatchObject({
      customer_id: id,
      content_type: 'image/jpeg',
    });
  });

  it('lists nothing of others and nothing that is not there, alike (S12-42)', async () => {
    const sub = `${SHARED}:1`;
    const { id } = (await kyc.get(sub)).body as { id: string };
    const mine = (await kyc.get(sub, { customer_id: id }, '/files')).body as { files: { file_id: string }[] };
    const file_id = mine.files[0]?.file_id ?? '';
    for (const other of [ALICE, `${SHARED}:2`, SHARED]) {
      for (const query of [
        { customer_id: id },
        { file_id },
        { file_id: 'file_nonsense' },
        { customer_id: 'x' },
      ] as Record<string, string>[]) {
        expect(await kyc.get(other, query, '/files')).toMatchObject({ status: 200, text: '{"files":[]}' });
      }
    }
    expect((await kyc.get(sub, {}, '/files')).status).toBe(400);
  });

  it('cannot be used by others, twice, late, or for another kind (S12-28)', async () => {
    const { file_id } = (await kyc.upload(`${SHARED}:3`, png())).body as { file_id: string };
    for (const [sub, id] of [
      [ALICE, file_id],
      [`${SHARED}:4`, file_id],
      [`${SHARED}:3`, 'file_00000000-0000-0000-0000-000000000000'],
      [`${SHARED}:3`, "' or 1=1"],
    ] as const) {
      const { status, body } = await kyc.put(sub, { ...PERSON, photo_id_front_file_id: id });
      expect([status, body['error']]).toEqual([400, expect.stringContaining('photo_id_front_file_id')]);
    }
    expect((await kyc.get(`${SHARED}:3`)).body).not.toHaveProperty('id');
    const video = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypisom0000isomiso2')]);
    const clip = (await kyc.upload(`${SHARED}:3`, video)).body as { file_id: string };
    expect((await kyc.put(`${SHARED}:3`, { photo_id_front_file_id: clip.file_id })).status).toBe(400);
    anchor.clock.advance(25 * 3_600_000);
    expect((await kyc.put(`${SHARED}:3`, { photo_id_front_file_id: file_id })).status).toBe(400);
    expect((await kyc.get(`${SHARED}:3`, { file_id }, '/files')).body).toEqual({ files: [] });
  });

  it('a sending anchor uploads for one of its customers (S12-05, S12-28)', async () => {
    const { file_id } = (await kyc.upload(SHARED, png())).body as { file_id: string };
    const put = await kyc.put(SHARED, { memo: '99', first_name: 'Ada', photo_id_front_file_id: file_id });
    expect(put.status).toBe(202);
    expect((await kyc.get(`${SHARED}:99`, { file_id }, '/files')).body['files']).toHaveLength(1);
    expect(
      (await kyc.put(SHARED, { memo: '98', first_name: 'Eve', photo_id_front_file_id: file_id })).status,
    ).toBe(400);
  });

  it('refuses what is too large, too much, or no file (S12-41)', async () => {
    expect((await kyc.upload(BOB, Buffer.alloc(20_001))).status).toBe(413);
    expect((await kyc.upload(BOB, Buffer.from('<html>'))).status).toBe(400);
    expect((await kyc.send('POST', '/files', { sub: BOB })).status).toBe(400);
    const text = { sub: BOB, headers: { 'content-type': 'application/json' }, body: '{"file":"x"}' };
    expect((await kyc.send('POST', '/files', text)).status).toBe(400);
    for (let at = 0; at < 4; at++) expect((await kyc.upload(BOB, png())).status).toBe(200);
    expect((await kyc.upload(BOB, png())).status).toBe(400);
  });
});

describe('binary parts without a file name', () => {
  it('are files all the same, as the official wallet SDK sends them (S12-30, SC-10)', async () => {
    const sub = `${SHARED}:500`;
    const bytes = png();
    const body = Buffer.concat([
      Buffer.from('--b0undary\r\nContent-Disposition: form-data; name="first_name"\r\n\r\nAda\r\n'),
      Buffer.from(
        '--b0undary\r\nContent-Disposition: form-data; name="photo_id_front"\r\nContent-Type: application/octet-stream\r\n\r\n',
      ),
      bytes,
      Buffer.from(
        '\r\n--b0undary\r\nContent-Disposition: form-data; name="type"\r\nContent-Type: text/plain\r\n\r\nsep6\r\n',
      ),
      Buffer.from('--b0undary--\r\n'),
    ]);
    const headers = { 'content-type': 'multipart/form-data; boundary=b0undary' };
    expect((await kyc.send('PUT', '', { sub, headers, body })).status).toBe(202);
    expect((await kyc.get(sub)).body['status']).toBe('ACCEPTED');
    const [row] = (await stored()).filter(({ owner }) => owner === sub);
    expect(row).toMatchObject({ content_type: 'image/png', size: bytes.length });
  });

  it('a declared field that is an object or a list is refused, not passed over (S12-29, SC-31)', async () => {
    for (const value of [['Ada'], { a: 1 }]) {
      expect((await kyc.put(`${SHARED}:501`, { first_name: value })).status).toBe(400);
    }
  });
});
