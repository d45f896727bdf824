const { S3Client, PutObjectCommand } = require('@aws-sdk/client-s3');

const s3 = new S3Client({});

exports.handler = async (event) => {
  const lines = event.Records.map((r) => r.body);
  const day = new Date().toISOString().slice(0, 10);
  await s3.send(new PutObjectCommand({
    Bucket: process.env.AUDIT_BUCKET,
    Key: `${day}/${event.Records[0].messageId}.ndjson`,
    Body: lines.join('\n') + '\n',
  }));
  console.log(`wrote ${lines.length} records`);
};
