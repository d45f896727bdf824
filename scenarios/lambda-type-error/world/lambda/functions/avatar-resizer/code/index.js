const { S3Client, GetObjectCommand, PutObjectCommand } = require('@aws-sdk/client-s3');
const sharp = require('sharp');

const s3 = new S3Client({});
const SIZES = [64, 256];

exports.handler = async (event) => {
  for (const record of event.Records) {
    const Bucket = record.s3.bucket.name;
    const Key = decodeURIComponent(record.s3.object.key.replace(/\+/g, ' '));
    const original = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const bytes = await original.Body.transformToByteArray();
    for (const size of SIZES) {
      const Body = await sharp(bytes).resize(size, size).webp().toBuffer();
      await s3.send(new PutObjectCommand({ Bucket, Key: Key.replace('original/', `${size}/`), Body, ContentType: 'image/webp' }));
    }
    console.log(`resized ${Key} (${bytes.length} bytes)`);
  }
};
